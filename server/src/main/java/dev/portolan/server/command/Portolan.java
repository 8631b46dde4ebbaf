package dev.portolan.server.command;

import dev.portolan.server.PortolanServer;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/** The program: {@code portolan up} and its like. */
@Command(name = "portolan", description = "The APIs that CMS-0057-F requires of a US health plan, on one member record.",
        mixinStandardHelpOptions = true, versionProvider = Portolan.Version.class, subcommands = {UpCommand.class, LoadCommand.class, StaffCommand.class, AuditCommand.class})
public final class Portolan {

    private Portolan() {
    }

    public static void main(String[] arguments) {
        CommandLine commandLine = new CommandLine(new Portolan());
        commandLine.setExecutionExceptionHandler((failure, command, parsed) -> {
            command.getErr().println("portolan: " + CommandLineFailure.sentence(failure));
            return 1;
        });
        System.exit(commandLine.execute(arguments));
    }

    static final class Version implements IVersionProvider {

        @Override
        public String[] getVersion() {
            return new String[] {"Portolan " + PortolanServer.version()};
        }
    }
}
