package dev.portolan.intake.x12;

import java.util.List;

/** Which guides are read: 005010 of 834, 837 and 835, with whatever addenda. */
final class GuideVersion {

    private static final List<String> CLAIMS = List.of("005010X222", "005010X223", "005010X224", "005010X298", "005010X299", "005010X300");

    private GuideVersion() {}

    /**
     * @param convention ST03, which the 835 has no longer been given by all
     * @param group GS08
     */
    static boolean isRead(String set, String convention, String group) {
        String guide = convention.isEmpty() ? group : convention;
        return switch (set) {
            case "834" -> guide.startsWith("005010X220") || guide.equals("005010");
            case "835" -> guide.startsWith("005010X221") || guide.equals("005010");
            case "837" -> CLAIMS.stream().anyMatch(guide::startsWith);
            default -> false;
        };
    }

    /** professional, institutional or dental, by the guide of an 837. */
    static String claimKind(String convention, String group) {
        String guide = convention.isEmpty() ? group : convention;
        return switch (guide.length() < 10 ? guide : guide.substring(0, 10)) {
            case "005010X223", "005010X299" -> "institutional";
            case "005010X224", "005010X300" -> "dental";
            default -> "professional";
        };
    }
}
