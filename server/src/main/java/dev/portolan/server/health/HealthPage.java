package dev.portolan.server.health;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.stream.Collectors;

/** The health page for people: no script, readable without colour, at any width, in light and dark. */
final class HealthPage {

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss").withZone(ZoneOffset.UTC);

    private static final String PAGE = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Portolan: %1$s</title>
            <style>
            :root { color-scheme: light dark; --ink: #14213d; --soft: #52607a; --paper: #f6f7fa; --card: #ffffff; --line: #dbe0ea;
              --up: #1a6b3c; --warming: #7a5200; --degraded: #8a3f00; --down: #a3122a; }
            @media (prefers-color-scheme: dark) { :root { --ink: #eef1f7; --soft: #a9b4c8; --paper: #10151f; --card: #19202d; --line: #2e3848;
              --up: #6fd39a; --warming: #f0c567; --degraded: #f5a366; --down: #ff8b9c; } }
            * { box-sizing: border-box; }
            body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
            main { max-width: 46rem; margin: 0 auto; padding: 2.5rem 1.25rem; }
            h1 { margin: 0 0 .25rem; font-size: 1.6rem; line-height: 1.25; }
            p { margin: 0 0 1.75rem; color: var(--soft); }
            ul { list-style: none; margin: 0; padding: 0; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; }
            li { display: grid; grid-template-columns: 1fr auto; gap: .15rem 1rem; padding: .9rem 1.1rem; border-top: 1px solid var(--line); }
            li:first-child { border-top: 0; }
            h2 { margin: 0; font-size: 1rem; font-weight: 600; }
            .detail { grid-column: 1 / -1; color: var(--soft); overflow-wrap: anywhere; }
            .state { font-weight: 600; }
            .up { color: var(--up); } .warming { color: var(--warming); } .degraded { color: var(--degraded); } .down { color: var(--down); }
            a { color: inherit; }
            </style>
            </head>
            <body>
            <main>
            <h1>Portolan is <span class="%1$s">%1$s</span></h1>
            <p>Version %2$s, running for %3$s. As it was at %5$s UTC: <a href="/health">look again</a>.</p>
            <ul>
            %4$s
            </ul>
            </main>
            </body>
            </html>
            """;

    private HealthPage() {
    }

    /** @param at when it was so: the page stays as it is until somebody asks again, since one that goes on by itself takes the place away from whoever reads it slowly, or hears it (WCAG 2.2, 2.2.1 and 2.2.2) */
    static String of(ServerHealth.Report report, Instant at) {
        String items = report.components().stream().map(HealthPage::item).collect(Collectors.joining("\n"));
        return PAGE.formatted(HealthServlet.word(report.condition()), escape(report.version()), words(report.running()), items, TIME.format(at));
    }

    private static String item(ComponentHealth component) {
        String state = HealthServlet.word(component.condition());
        return "<li><h2>%s</h2><span class=\"state %s\">%s</span><span class=\"detail\">%s</span></li>"
                .formatted(escape(component.name()), state, state, escape(component.detail()));
    }

    private static String words(Duration running) {
        if (running.toHours() > 0) {
            return "%d h %d min".formatted(running.toHours(), running.toMinutesPart());
        }
        return running.toMinutes() > 0 ? "%d min %d s".formatted(running.toMinutes(), running.toSecondsPart()) : running.toSeconds() + " s";
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }
}
