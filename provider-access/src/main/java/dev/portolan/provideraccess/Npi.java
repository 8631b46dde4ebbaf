package dev.portolan.provideraccess;

/** National Provider Identifiers (45 CFR 162.406): nine digits and a check digit by Luhn's formula over 80840 and the nine. */
final class Npi {

    private static final int LENGTH = 10;
    /** What 80840 adds. */
    private static final int PREFIX = 24;

    private Npi() {}

    static boolean isValid(String text) {
        if (!text.matches("[12]\\d{" + (LENGTH - 1) + "}")) {
            return false;
        }
        int sum = PREFIX;
        for (int i = 0; i < LENGTH; i++) {
            int digit = text.charAt(i) - '0';
            int doubled = digit * 2;
            sum += i % 2 == 0 ? doubled / 10 + doubled % 10 : digit;
        }
        return sum % 10 == 0;
    }
}
