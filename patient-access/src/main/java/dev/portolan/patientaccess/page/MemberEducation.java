package dev.portolan.patientaccess.page;

import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.GetMapping;

/** What members should know before an app gets their data. */
@Controller
class MemberEducation {

    static final String PATH = "/your-health-data";

    @GetMapping(PATH)
    String page() {
        return "patientaccess/your-health-data";
    }
}
