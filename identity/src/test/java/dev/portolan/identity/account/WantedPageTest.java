package dev.portolan.identity.account;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;

class WantedPageTest {

    @Test
    void attack_a_page_whose_path_begins_with_two_slashes_leads_to_no_other_server() {
        MockHttpServletRequest request = new MockHttpServletRequest("GET", "//evil.example/x");
        WantedPage wanted = new WantedPage();
        wanted.saveRequest(request, new MockHttpServletResponse());
        assertThat(wanted.getRequest(request, new MockHttpServletResponse()).getRedirectUrl()).isEqualTo("/evil.example/x");
    }
}
