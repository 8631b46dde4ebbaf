package dev.portolan.fhir.structure;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** The names of characters that HTML 4.0 defines (chapter 24), and XML's own. Narratives are written with them; on the way to XML they become the characters. */
final class HtmlEntities {

    /** Each with its number, if that is not the next one. */
    private static final Map<String, Integer> NAMES = read("""
        quot=34 amp=38 lt=60 gt=62 apos=39 nbsp=160 iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest
        Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig
        agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml
        OElig=338 oelig Scaron=352 scaron Yuml=376 fnof=402 circ=710 tilde=732 Alpha=913 Beta Gamma Delta Epsilon Zeta Eta Theta Iota Kappa Lambda Mu Nu Xi Omicron Pi Rho Sigma=931 Tau Upsilon Phi Chi Psi Omega
        alpha=945 beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigmaf sigma tau upsilon phi chi psi omega thetasym=977 upsih piv=982
        ensp=8194 emsp thinsp=8201 zwnj=8204 zwj lrm rlm ndash=8211 mdash lsquo=8216 rsquo sbquo ldquo=8220 rdquo bdquo dagger=8224 Dagger bull hellip=8230 permil=8240 prime=8242 Prime lsaquo=8249 rsaquo oline=8254 frasl=8260 euro=8364 image=8465 weierp=8472 real=8476 trade=8482 alefsym=8501
        larr=8592 uarr rarr darr harr crarr=8629 lArr=8656 uArr rArr dArr hArr forall=8704 part=8706 exist empty=8709 nabla=8711 isin notin ni=8715 prod=8719 sum=8721 minus lowast=8727 radic=8730 prop=8733 infin ang=8736 and=8743 or cap cup int there4=8756 sim=8764 cong=8773 asymp=8776 ne=8800 equiv le=8804 ge
        sub=8834 sup nsub sube=8838 supe oplus=8853 otimes=8855 perp=8869 sdot=8901 lceil=8968 rceil lfloor rfloor lang=9001 rang loz=9674 spades=9824 clubs=9827 hearts=9829 diams""");
    private static final Set<String> OF_XML = Set.of("quot", "amp", "lt", "gt", "apos");
    private static final int LONGEST = 8;

    private HtmlEntities() {}

    static boolean contains(String name) {
        return NAMES.containsKey(name);
    }

    /** Markup in which only XML's own names are left. */
    static String resolved(String markup) {
        StringBuilder out = new StringBuilder();
        int copied = 0;
        for (int at = markup.indexOf('&'); at >= 0; at = markup.indexOf('&', at + 1)) {
            int end = markup.indexOf(';', at);
            String name = end < 0 || end - at > LONGEST + 1 ? "" : markup.substring(at + 1, end);
            if (NAMES.containsKey(name) && !OF_XML.contains(name)) {
                out.append(markup, copied, at).appendCodePoint(NAMES.get(name));
                copied = end + 1;
            }
        }
        return copied == 0 ? markup : out.append(markup, copied, markup.length()).toString();
    }

    private static Map<String, Integer> read(String list) {
        Map<String, Integer> names = new HashMap<>();
        int number = 0;
        for (String each : list.strip().split("\\s+")) {
            String[] parts = each.split("=");
            number = parts.length == 1 ? number + 1 : Integer.parseInt(parts[1]);
            names.put(parts[0], number);
        }
        return Map.copyOf(names);
    }
}
