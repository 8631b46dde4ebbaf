package dev.portolan.server.browser;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

import org.openqa.selenium.By;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;

/** A headless Chromium of the system, and what a person does with it. */
final class Chromium implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(180);
    private static final List<String> FLAGS = List.of("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage");

    private final ChromeDriver driver;
    private final Path screenshots;

    private Chromium(ChromeDriver driver, Path screenshots) {
        this.driver = driver;
        this.screenshots = screenshots;
    }

    /** The programs that are missing on this machine; empty if a browser test can run. */
    static List<String> missing() {
        return Stream.of("chromium", "chromedriver", "npm").filter(name -> find(name).isEmpty()).toList();
    }

    private static Optional<Path> find(String program) {
        return Stream.of(String.valueOf(System.getenv("PATH")).split(":")).map(folder -> Path.of(folder, program)).filter(Files::isExecutable).findFirst();
    }

    static Chromium start(Path profile, Path screenshots) throws IOException {
        Files.createDirectories(screenshots);
        ChromeOptions options = new ChromeOptions();
        options.setBinary(find("chromium").orElseThrow().toFile());
        options.addArguments(FLAGS);
        options.addArguments("--user-data-dir=" + profile);
        ChromeDriverService service = new ChromeDriverService.Builder().usingDriverExecutable(find("chromedriver").orElseThrow().toFile()).usingAnyFreePort().build();
        ChromeDriver driver = new ChromeDriver(service, options);
        driver.manage().timeouts().pageLoadTimeout(PATIENCE).scriptTimeout(PATIENCE);
        return new Chromium(driver, screenshots);
    }

    void open(String address) {
        driver.get(address);
    }

    String address() {
        return driver.getCurrentUrl();
    }

    String text() {
        return waitFor(browser -> browser.findElement(By.tagName("body")).getText());
    }

    void fill(String id, String value) {
        waitFor(browser -> {
            WebElement field = browser.findElement(By.id(id));
            field.clear();
            field.sendKeys(value);
            return field;
        });
    }

    /** Chooses one of a list by its value. */
    void choose(String id, String value) {
        click(By.cssSelector("#" + id + " option[value='" + value + "']"));
    }

    void tick(String name, String value) {
        click(By.cssSelector("input[name='" + name + "'][value='" + value + "']"));
    }

    void press(String label) {
        click(By.xpath("//button[normalize-space()='" + label + "']"));
    }

    /** With what was found in one: between the two the page may be replaced by the next. */
    private void click(By what) {
        waitFor(browser -> {
            WebElement found = browser.findElement(what);
            found.click();
            return found;
        });
    }

    /** Waits until the page's text says so. */
    void sees(String text) {
        waitFor(browser -> browser.findElement(By.tagName("body")).getText().contains(text) ? text : null);
    }

    /** What a script's promise comes to. */
    Object run(String expression) {
        return driver.executeAsyncScript("const done = arguments[arguments.length - 1]; Promise.resolve(" + expression + ").then(done, e => done('failed: ' + e.message));");
    }

    /** The page as it is, at a desktop's width and at a phone's, for a person to look at. Returns how much wider than the phone the page is. */
    long picture(String name) {
        long tooWide = 0;
        for (Map.Entry<String, Integer> width : Map.of("desktop", 1280, "phone", 390).entrySet()) {
            driver.executeCdpCommand("Emulation.setDeviceMetricsOverride", Map.of("width", width.getValue(), "height", 844, "deviceScaleFactor", 1, "mobile", width.getKey().equals("phone")));
            Object wider = driver.executeScript("return document.documentElement.scrollWidth - window.innerWidth");
            tooWide = Math.max(tooWide, ((Number) wider).longValue());
            String png = (String) driver.executeCdpCommand("Page.captureScreenshot", Map.of("captureBeyondViewport", true)).get("data");
            try {
                Files.write(screenshots.resolve(name + "-" + width.getKey() + ".png"), Base64.getDecoder().decode(png));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        driver.executeCdpCommand("Emulation.clearDeviceMetricsOverride", Map.of());
        return tooWide;
    }

    /** Form fields of the page that have no label and no other name. */
    Object unlabelled() {
        return driver.executeScript("""
                return [...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
                  .filter(f => !(f.labels && f.labels.length) && !f.getAttribute('aria-label')).map(f => f.name)""");
    }

    void newTab() {
        driver.switchTo().newWindow(org.openqa.selenium.WindowType.TAB);
    }

    void firstTab() {
        driver.switchTo().window(driver.getWindowHandles().iterator().next());
    }

    private <T> T waitFor(Function<ChromeDriver, T> look) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                T found = look.apply(driver);
                if (found != null) {
                    return found;
                }
            } catch (org.openqa.selenium.NoSuchElementException | StaleElementReferenceException notYet) {
                // the page is still on its way
            }
            if (System.nanoTime() > end) {
                throw new AssertionError("waited in vain at " + driver.getCurrentUrl() + ", which shows:\n" + driver.findElement(By.tagName("body")).getText());
            }
            pause();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(100);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        driver.quit();
    }
}
