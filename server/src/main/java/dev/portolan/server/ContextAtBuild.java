package dev.portolan.server;

/** What the build runs to work out the beans of a server, without its database and its definitions: the start has them ready then and need not read the configurations. */
final class ContextAtBuild {

    private ContextAtBuild() {
    }

    public static void main(String[] arguments) {
        PortolanServer.application().run(arguments);
    }
}
