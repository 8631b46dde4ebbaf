package dev.portolan.fhir.structure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.outcome.Issue;
import dev.portolan.fhir.outcome.IssueType;
import dev.portolan.fhir.outcome.Severity;
import dev.portolan.fhir.packages.TestPackages;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StructureCheckerTest {

    private static final StructureChecker CHECKER = StructureChecker.compile(TestPackages.base());

    private static List<Issue> check(String json) {
        return CHECKER.check(JsonDocument.parse(json));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "{'resourceType':'Patient'}",
        "{'resourceType':'Patient','id':'a-1.B','name':[{'given':['A','B'],'family':'C'}],'birthDate':'1970-02-28','active':true}",
        "{'resourceType':'Patient','_birthDate':{'extension':[{'url':'http://x','valueCode':'unknown'}]}}",
        "{'resourceType':'Patient','name':[{'given':['A',null],'_given':[null,{'id':'x'}]}]}",
        "{'resourceType':'Patient','deceasedBoolean':false,'_deceasedBoolean':{'id':'x'}}",
        "{'resourceType':'Patient','multipleBirthInteger':2,'contained':[{'resourceType':'Organization','id':'o','name':'O'}]}",
        "{'resourceType':'Claim','status':'active','type':{'text':'t'},'use':'claim','patient':{'display':'p'},'_created':{'extension':[{'url':'http://x','valueCode':'unknown'}]},"
            + "'provider':{'display':'p'},'priority':{'text':'n'},'insurance':[{'sequence':1,'focal':true,'coverage':{'display':'c'}}]}",
        "{'resourceType':'Observation','status':'final','code':{'text':'c'},'valueQuantity':{'value':1.50e3}}",
        "{'resourceType':'Parameters','parameter':[{'name':'r','resource':{'resourceType':'Patient'}},{'name':'p','part':[{'name':'q','valueId':'1'}]}]}",
        "{'resourceType':'Bundle','type':'collection','entry':[{'resource':{'resourceType':'Patient'},'link':[{'relation':'self','url':'http://x'}]}]}",
        "{'resourceType':'Questionnaire','status':'draft','item':[{'linkId':'1','type':'group','item':[{'linkId':'2','type':'string'}]}]}",
        "{'resourceType':'Patient','text':{'status':'generated','div':'<div xmlns=\\\"http://www.w3.org/1999/xhtml\\\"><p>A &nbsp; <a href=\\\"#x\\\">b</a><br/></p></div>'}}"
    })
    void aSoundResourcePasses(String json) {
        assertThat(check(json.replace('\'', '"'))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"urn:oid:1.2, true", "urn:oid:0.0, true", "urn:oid:2.16.840.1.113883, true", "urn:oid:1, false", "urn:oid:, false", "urn:oid:3.1, false", "urn:oid:1., false", "urn:oid:1..2, false", "urn:oid:1.02, false", "urn:oid:1.2., false",
        "urn:oid:1.a, false", "urn:oid:12.1, false", "1.2.3, false", "urn:oid:1x2, false"})
    void anOidIsNumbersWithDots(String oid, boolean sound) {
        assertThat(check("{\"resourceType\":\"Patient\",\"extension\":[{\"url\":\"urn:x\",\"valueOid\":\"" + oid + "\"}]}").isEmpty()).isEqualTo(sound);
    }

    /** Forty kilobytes of it exhausted the stack. */
    @Test
    void anOidMayBeLong() {
        assertThat(check("{\"resourceType\":\"Patient\",\"extension\":[{\"url\":\"urn:x\",\"valueOid\":\"urn:oid:1" + ".1".repeat(500_000) + "\"}]}")).isEmpty();
    }

    /** Some encoders escape more than JSON asks for: .NET's a plus, Gson an equals sign, PHP's a slash. It is the same text. */
    @ParameterizedTest
    @ValueSource(strings = {
        "{'resourceType':'Observation','status':'final','code':{'text':'c'},'effectiveDateTime':'2020-01-01T10:00:00\\u002B01:00','issued':'2020-01-01T10:00:00.5\\u002b01:00'}",
        "{'resourceType':'Observation','status':'final','code':{'text':'c'},'valueTime':'10\\u003A00:00'}",
        "{'resourceType':'Patient','birthDate':'1970\\u002D02-28'}",
        "{'resourceType':'Binary','contentType':'image\\/svg\\u002Bxml','data':'Q\\u002B\\/DQU\\n\\u0049\\u003d'}"
    })
    void anEscapeIsTheCharacterThatItStandsFor(String json) {
        assertThat(check(json.replace('\'', '"'))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "{'resourceType':'Patient','birthDate':'1970\\u002D02-30'}", "{'resourceType':'Patient','birthDate':'1970-02-2\\u0661'}", "{'resourceType':'Patient','birthDate':'1970-02\\/28'}",
        "{'resourceType':'Binary','contentType':'text/plain','data':'QUI\\u002D'}", "{'resourceType':'Binary','contentType':'text/plain','data':'QUJ\\u0141'}",
        "{'resourceType':'Binary','contentType':'text/plain','data':'QUI\\u003D='}", "{'resourceType':'Binary','contentType':'text/plain','data':'QUJ\\\\'}"
    })
    void andNoOther(String json) {
        assertThat(check(json.replace('\'', '"'))).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "[]|Resource|STRUCTURE",
        "{'resourceType':'Observation','_status':{'extension':[{'url':'http://x','valueCode':'unknown'}]},'code':{'text':'c'}}|Observation|REQUIRED",
        "{}|Resource|STRUCTURE",
        "{'resourceType':'Person2'}|Resource|STRUCTURE",
        "{'resourceType':'HumanName','family':'A'}|HumanName|STRUCTURE",
        "{'resourceType':'DomainResource'}|DomainResource|STRUCTURE",
        "{'resourceType':'Patient','foo':1}|Patient.foo|STRUCTURE",
        "{'resourceType':'Patient','name':{'family':'A'}}|Patient.name|STRUCTURE",
        "{'resourceType':'Patient','birthDate':['1970']}|Patient.birthDate|STRUCTURE",
        "{'resourceType':'Patient','name':[]}|Patient.name|STRUCTURE",
        "{'resourceType':'Patient','name':[{}]}|Patient.name[0]|STRUCTURE",
        "{'resourceType':'Patient','name':[{'family':'A'},'B']}|Patient.name[1]|STRUCTURE",
        "{'resourceType':'Patient','name':[null]}|Patient.name[0]|STRUCTURE",
        "{'resourceType':'Patient','name':[{'given':['A',null]}]}|Patient.name[0].given[1]|STRUCTURE",
        "{'resourceType':'Patient','birthDate':null}|Patient.birthDate|STRUCTURE",
        "{'resourceType':'Patient','active':'true'}|Patient.active|VALUE",
        "{'resourceType':'Patient','gender':''}|Patient.gender|VALUE",
        "{'resourceType':'Patient','gender':' male'}|Patient.gender|VALUE",
        "{'resourceType':'Patient','gender':1}|Patient.gender|VALUE",
        "{'resourceType':'Patient','id':'a_b'}|Patient.id|VALUE",
        "{'resourceType':'Patient','gender':'M'}|Patient.gender|CODE_INVALID",
        "{'resourceType':'Observation','status':'done','code':{'text':'c'}}|Observation.status|CODE_INVALID",
        "{'resourceType':'Patient','birthDate':'1970-02-30'}|Patient.birthDate|VALUE",
        "{'resourceType':'Patient','birthDate':'1970-1-3'}|Patient.birthDate|VALUE",
        "{'resourceType':'Patient','birthDate':'1970-01-03T10:00:00Z'}|Patient.birthDate|VALUE",
        "{'resourceType':'Patient','deceasedDateTime':'1970-01-03T10:00:00'}|Patient.deceasedDateTime|VALUE",
        "{'resourceType':'Patient','deceasedDateTime':'1970-01-03T10:00Z'}|Patient.deceasedDateTime|VALUE",
        "{'resourceType':'Patient','deceasedDateTime':'1970-01-03T25:00:00Z'}|Patient.deceasedDateTime|VALUE",
        "{'resourceType':'Patient','meta':{'lastUpdated':'2020-01-01'}}|Patient.meta.lastUpdated|VALUE",
        "{'resourceType':'Patient','multipleBirthInteger':2.5}|Patient.multipleBirthInteger|VALUE",
        "{'resourceType':'Patient','multipleBirthInteger':2147483648}|Patient.multipleBirthInteger|VALUE",
        "{'resourceType':'Patient','telecom':[{'rank':0}]}|Patient.telecom[0].rank|VALUE",
        "{'resourceType':'Patient','identifier':[{'system':'http://a b'}]}|Patient.identifier[0].system|VALUE",
        "{'resourceType':'Patient','photo':[{'data':'abc'}]}|Patient.photo[0].data|VALUE",
        "{'resourceType':'Patient','name':[{'family':'a\\u0000b'}]}|Patient.name[0].family|VALUE",
        "{'resourceType':'Patient','deceasedBoolean':true,'deceasedDateTime':'2020'}|Patient.deceasedDateTime|STRUCTURE",
        "{'resourceType':'Patient','deceasedBoolean':true,'_deceasedDateTime':{'id':'a'}}|Patient.deceasedDateTime|STRUCTURE",
        "{'resourceType':'Patient','extension':[{'valueCode':'a'}]}|Patient.extension[0]|REQUIRED",
        "{'resourceType':'Patient','extension':[{'url':'http://x'}]}|Patient.extension[0]|INVARIANT",
        "{'resourceType':'Observation','status':'final'}|Observation|REQUIRED",
        "{'resourceType':'MedicationRequest','status':'active','intent':'order','subject':{'reference':'Patient/1'}}|MedicationRequest|REQUIRED",
        "{'resourceType':'Patient','contained':[{'id':'a'}]}|Patient.contained[0]|STRUCTURE",
        "{'resourceType':'Patient','contained':[{'resourceType':'Patient','contained':[{'resourceType':'Patient'}]}]}|Patient.contained[0]|INVARIANT",
        "{'resourceType':'Bundle','type':'batch','entry':[{'resource':{'resourceType':'Patient','x':1}}]}|Bundle.entry[0].resource.x|STRUCTURE",
        "{'resourceType':'Patient','text':{'status':'generated','div':'<div><script>1</script></div>'}}|Patient.text.div|INVARIANT",
        "{'resourceType':'Patient','text':{'status':'generated','div':'<div onclick=\\\"x()\\\">a</div>'}}|Patient.text.div|INVARIANT",
        "{'resourceType':'Patient','text':{'status':'generated','div':'<div><a href=\\\"java\\nscript:x()\\\">a</a></div>'}}|Patient.text.div|INVARIANT",
        "{'resourceType':'Patient','text':{'status':'generated','div':'<div><img src=\\\"&#106;avascript:x()\\\"/></div>'}}|Patient.text.div|INVARIANT",
        "{'resourceType':'Patient','text':{'status':'generated','div':'<div><p>a</div></p>'}}|Patient.text.div|INVARIANT",
        "{'resourceType':'Patient','text':{'status':'generated','div':'<div> </div>'}}|Patient.text.div|INVARIANT",
        "{'resourceType':'Patient','text':{'status':'generated','div':'<div xmlns=\\\"http://hl7.org/fhir\\\">a</div>'}}|Patient.text.div|INVARIANT",
        "{'resourceType':'Patient','text':{'status':'generated','div':'a'}}|Patient.text.div|INVARIANT",
        "{'resourceType':'Patient','text':{'status':'generated'}}|Patient.text|REQUIRED"
    })
    void anUnsoundResourceIsRefusedAtThePlaceOfItsFault(String json, String place, IssueType type) {
        assertThat(check(json.replace('\'', '"'))).hasSize(1).first().satisfies(issue -> {
            assertThat(issue.expression()).isEqualTo(place);
            assertThat(issue.type()).isEqualTo(type);
            assertThat(issue.severity()).isEqualTo(Severity.ERROR);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-0.0", "1.50", "1e3", "1.50E+2", "-1e-300", "1e300", "123456789012345678.0", "1e0000000003"})
    void aDecimalWithinBoundsPasses(String decimal) {
        assertThat(check(observationOf(decimal))).isEmpty();
    }

    /** Whoever reads it as a number would have to write it out in full. */
    @ParameterizedTest
    @ValueSource(strings = {"1e999999999", "1e20000000", "-1E-999999999", "1e301", "1e99999999999999999999", "1.5e+4000"})
    void aDecimalOutOfBoundsIsRefused(String decimal) {
        assertThat(check(observationOf(decimal))).hasSize(1).first().satisfies(issue -> {
            assertThat(issue.type()).isEqualTo(IssueType.VALUE);
            assertThat(issue.expression()).isEqualTo("Observation.valueQuantity.value");
        });
    }

    @Test
    void digitsWithoutEndAreRefusedBeforeANumberIsMadeOfThem() {
        for (String digits : List.of("1".repeat(301), "0." + "1".repeat(301), "1".repeat(10_000_000), "1e" + "0".repeat(10_000_000) + "1")) {
            assertThat(check(observationOf(digits))).hasSize(1);
        }
    }

    /** The narrative becomes a part of the resource's XML. */
    @ParameterizedTest
    @ValueSource(strings = {"Ben & Jerry", "&unknown;", "&amp", "&;", "&#1;", "&#xD800;", "&#;", "&#x;", "&#99999999;", "<p class='a' class='b'>x</p>", "<p class='a'lang='b'>x</p>", "<p title='<'>x</p>", "<p title='a & b'>x</p>", "a ]]> b",
        "<!-- a -- b -->x", "<!-- a --->x", "<p x:y='1'>x</p>", "<p xmlns:x='http://x' x:y='1'>x</p>", "<p xml:='1'>x</p>", "<p 1a='1'>x</p>", "<p>x</ p>", "<![CDATA[x]]>", "<?x y?>x", "a\\u0001b", "a\\bb", "a\\uFFFFb", "a\uFFFEb"})
    void aNarrativeThatIsNoXmlIsRefused(String content) {
        assertThat(check(narrativeOf(content))).hasSize(1).first().extracting(Issue::expression).isEqualTo("Patient.text.div");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a &amp; b &nbsp; &Alpha; &thetasym; &#160; &#xa0; &#x10FFFF;", "<p class='a' Class=\\\"b\\\" data.x='1'>x</p>", "<!-- a - b & ]]> <x --> ]] > -- a", "<p xml:lang='en' xmlns:x='http://x'>x</p>", "<p\\n title = '>'>x</p >", "\u0085\uFFFD\\ud83d\\ude00"})
    void aNarrativeThatIsXmlPasses(String content) {
        assertThat(check(narrativeOf(content))).isEmpty();
    }

    @Test
    void aNarrativesDepthIsBounded() {
        assertThat(check(narrativeOf("<div>".repeat(63) + "x" + "</div>".repeat(63)))).isEmpty();
        assertThat(check(narrativeOf("<div>".repeat(64) + "x" + "</div>".repeat(64)))).hasSize(1);
        assertThat(check(narrativeOf("<p>x</p>".repeat(10_000)))).isEmpty();
    }

    private static String narrativeOf(String content) {
        return "{\"resourceType\":\"Patient\",\"text\":{\"status\":\"generated\",\"div\":\"<div xmlns='http://www.w3.org/1999/xhtml'>" + content + "</div>\"}}";
    }

    /** XML cannot hold these, so they are in neither format. */
    @ParameterizedTest
    @ValueSource(strings = {"\\u0000", "\\u0001", "\\u001f", "\\b", "\\f", "\\uFFFE", "\\uffff", "\uFFFE", "\uFFFF"})
    void whatXmlCannotHoldIsRefusedInEveryText(String character) {
        String value = "\"a" + character + "b\"";
        for (String element : List.of("'id':%s", "'_active':{'id':%s}", "'name':[{'family':%s}]", "'identifier':[{'system':%s}]", "'telecom':[{'rank':1,'system':'phone','value':%s}]", "'maritalStatus':{'coding':[{'code':%s}]}",
            "'extension':[{'url':%s,'valueString':'x'}]", "'extension':[{'url':'http://x','valueMarkdown':%s}]", "'photo':[{'data':%s}]")) {
            assertThat(check(("{'resourceType':'Patient'," + element + "}").replace('\'', '"').formatted(value))).as(element).isNotEmpty();
        }
    }

    @Test
    void allOtherCharactersPass() {
        assertThat(check("{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"\\t\\n\\r\\u0009\\u007f\u0085\uFFFD\\ud83d\\ude00\uD83D\uDE00\\\\u0001\"}]}")).isEmpty();
    }

    private static String observationOf(String decimal) {
        return "{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"c\"},\"valueQuantity\":{\"value\":" + decimal + "}}";
    }

    @Test
    void findingsAreBoundedAndSaySo() {
        StringBuilder json = new StringBuilder("{\"resourceType\":\"Patient\"");
        for (int i = 0; i < 500; i++) {
            json.append(",\"x").append(i).append("\":1");
        }
        assertThat(check(json.append('}').toString())).hasSize(StructureChecker.MOST_ISSUES + 1).last().extracting(Issue::type).isEqualTo(IssueType.TOO_COSTLY);
    }

    @Test
    void aMessageQuotesNoValue() {
        assertThat(check("{\"resourceType\":\"Patient\",\"birthDate\":\"SECRET\",\"<img src=x>\":1}")).noneMatch(issue -> issue.message().contains("SECRET") || issue.expression().contains("<"));
    }

    /** Each null wants something at its place in the other array; the time that a megabyte of them takes must not grow with the square of their number. */
    @ParameterizedTest
    @CsvSource({"null,true", "'{\"id\":\"i\"}',false"})
    void manyNullsAreCheckedInOneWalk(String last, boolean wrong) {
        int places = 300_000;
        String json = "{\"resourceType\":\"Patient\",\"name\":[{\"given\":[\"a\"" + ",null".repeat(places) + "],\"_given\":[null" + ",{\"id\":\"i\"}".repeat(places - 1) + "," + last + "]}]}";
        assertTimeoutPreemptively(Duration.ofSeconds(30), () -> assertThat(check(json)).hasSize(wrong ? 2 : 0));
    }
}
