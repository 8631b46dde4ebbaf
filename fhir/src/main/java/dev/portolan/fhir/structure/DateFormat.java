package dev.portolan.fhir.structure;

/** Formats of dates and times, on the bytes of a text without escapes. */
final class DateFormat {

    private DateFormat() {}

    static boolean isDate(byte[] bytes, int from, int to) {
        return dateEnd(bytes, from, to) == to;
    }

    /** Hours and minutes come with seconds and a time zone, or not at all (R4, dateTime). */
    static boolean isDateTime(byte[] bytes, int from, int to) {
        int end = dateEnd(bytes, from, to);
        if (end == to) {
            return true;
        }
        return end == from + 10 && timeOfDay(bytes, from, to);
    }

    static boolean isInstant(byte[] bytes, int from, int to) {
        return to - from > 10 && dateEnd(bytes, from, to) == from + 10 && timeOfDay(bytes, from, to);
    }

    static boolean isTime(byte[] bytes, int from, int to) {
        return clockEnd(bytes, from, to) == to;
    }

    private static boolean timeOfDay(byte[] bytes, int from, int to) {
        int at = from + 10;
        if (bytes[at] != 'T') {
            return false;
        }
        int end = clockEnd(bytes, at + 1, to);
        return end > 0 && isZone(bytes, end, to);
    }

    /** Byte after a valid date of any precision at {@code from}, or -1. */
    private static int dateEnd(byte[] bytes, int from, int to) {
        int year = number(bytes, from, from + 4, to);
        if (year < 1) {
            return -1;
        }
        int at = from + 4;
        if (at == to || bytes[at] != '-') {
            return at;
        }
        int month = number(bytes, at + 1, at + 3, to);
        if (month < 1 || month > 12) {
            return -1;
        }
        at += 3;
        if (at == to || bytes[at] != '-') {
            return at;
        }
        int day = number(bytes, at + 1, at + 3, to);
        return day < 1 || day > daysIn(year, month) ? -1 : at + 3;
    }

    private static int daysIn(int year, int month) {
        return switch (month) {
            case 2 -> year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
            case 4, 6, 9, 11 -> 30;
            default -> 31;
        };
    }

    /** Byte after {@code hh:mm:ss} and its fraction, or -1. */
    private static int clockEnd(byte[] bytes, int from, int to) {
        int hour = number(bytes, from, from + 2, to);
        int minute = number(bytes, from + 3, from + 5, to);
        int second = number(bytes, from + 6, from + 8, to);
        boolean separated = to - from >= 8 && bytes[from + 2] == ':' && bytes[from + 5] == ':';
        if (!separated || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) {
            return -1;
        }
        int at = from + 8;
        if (at < to && bytes[at] == '.') {
            int digits = at + 1;
            while (digits < to && bytes[digits] >= '0' && bytes[digits] <= '9') {
                digits++;
            }
            return digits == at + 1 ? -1 : digits;
        }
        return at;
    }

    private static boolean isZone(byte[] bytes, int from, int to) {
        if (to - from == 1) {
            return bytes[from] == 'Z';
        }
        if (to - from != 6 || (bytes[from] != '+' && bytes[from] != '-') || bytes[from + 3] != ':') {
            return false;
        }
        int hours = number(bytes, from + 1, from + 3, to);
        int minutes = number(bytes, from + 4, from + 6, to);
        return hours >= 0 && minutes >= 0 && minutes <= 59 && (hours < 14 || hours == 14 && minutes == 0);
    }

    private static int number(byte[] bytes, int from, int to, int limit) {
        if (to > limit) {
            return -1;
        }
        int number = 0;
        for (int i = from; i < to; i++) {
            if (bytes[i] < '0' || bytes[i] > '9') {
                return -1;
            }
            number = number * 10 + (bytes[i] - '0');
        }
        return number;
    }
}
