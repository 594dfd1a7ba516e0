import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.camunda.feel.FeelEngineClock;
import org.camunda.feel.api.EvaluationResult;
import org.camunda.feel.api.FeelEngineApi;
import org.camunda.feel.api.FeelEngineBuilder;
import org.camunda.feel.syntaxtree.Val;
import org.camunda.feel.syntaxtree.ValNumber;
import org.camunda.feel.valuemapper.JavaCustomValueMapper;
import scala.jdk.javaapi.CollectionConverters;

/**
 * What FEEL-Scala makes of expressions.
 *
 * <p>Reads lines of the system's input: base64 of the context (a FEEL expression), of the input of a cell (empty for an
 * expression) and of the text, parted by blanks. Writes a line of JSON for each: {"value": ...}, {"failed": why} or
 * {"refused": why}. Values beyond JSON are {"@": type, "text": what string() makes of it}.
 */
public final class Referee {
  static final ZonedDateTime NOW = ZonedDateTime.parse("2024-02-29T13:14:15.123456Z");
  private static final FeelEngineApi FEEL =
      FeelEngineBuilder.forJava()
          .withCustomValueMapper(new Kept())
          .withClock(
              new FeelEngineClock() {
                @Override
                public ZonedDateTime getCurrentTime() {
                  return NOW;
                }
              })
          .build();

  /** Keeps what is neither text nor list nor context as FEEL has it: numbers with all digits, zones with names. */
  public static final class Kept extends JavaCustomValueMapper {
    @Override
    public Optional<Val> toValue(Object value, Function<Object, Val> inner) {
      return value instanceof Val ? Optional.of((Val) value) : Optional.empty();
    }

    @Override
    public Optional<Object> unpackValue(Val value, Function<Val, Object> inner) {
      switch (value.getClass().getSimpleName()) {
        case "ValNumber":
          return Optional.of(((ValNumber) value).value().bigDecimal());
        case "ValNull$":
        case "ValBoolean":
        case "ValString":
        case "ValList":
        case "ValContext":
          return Optional.empty();
        default:
          return Optional.of(value);
      }
    }

    @Override
    public int priority() {
      return 100;
    }
  }

  public static void main(String[] arguments) throws Exception {
    PrintStream out = new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), false, "UTF-8");
    System.setOut(System.err); // libraries may talk
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] parts = line.split(" ", -1);
      out.println(answerInTime(text(parts[0]), parts[1].equals("-") ? null : text(parts[1]), text(parts[2])));
    }
    out.flush();
    System.exit(0); // threads of expressions that have not ended
  }

  static String text(String base64) {
    return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
  }

  private static String answerInTime(String context, String input, String text) throws Exception {
    FutureTask<String> task = new FutureTask<>(() -> answer(context, input, text));
    Thread thread = new Thread(null, task, "expression", 4L << 20);
    thread.setDaemon(true);
    thread.start();
    try {
      return task.get(10, TimeUnit.SECONDS);
    } catch (TimeoutException error) {
      thread.interrupt();
      return "{\"failed\": \"timed out\"}";
    }
  }

  @SuppressWarnings("unchecked")
  private static String answer(String context, String input, String text) {
    try {
      Map<String, Object> variables = (Map<String, Object>) value(context);
      boolean parsed =
          (input == null ? FEEL.parseExpression(text) : FEEL.parseUnaryTests(text)).isSuccess();
      EvaluationResult result;
      if (input == null) {
        result = FEEL.evaluateExpression(text, variables);
      } else {
        result = FEEL.evaluateUnaryTests(text, FEEL.evaluateExpression(input, variables).result(), variables);
      }
      if (result.isSuccess()) {
        return "{\"value\": " + json(result.result()) + "}";
      }
      return "{\"" + (parsed ? "failed" : "refused") + "\": " + quoted(result.failure().message()) + "}";
    } catch (Throwable error) {
      return "{\"failed\": " + quoted("threw " + error) + "}";
    }
  }

  /** Returns the value of an expression without variables. */
  static Object value(String text) {
    return java(FEEL.evaluateExpression(text, Map.of()).result());
  }

  /** Scala's collections are Java's; all else is left as it is. */
  private static Object java(Object value) {
    if (value instanceof scala.collection.Seq) {
      return CollectionConverters.asJava((scala.collection.Seq<?>) value);
    }
    if (value instanceof scala.collection.Map) {
      return CollectionConverters.asJava((scala.collection.Map<?, ?>) value);
    }
    return value;
  }

  static String json(Object given) {
    Object value = java(given);
    if (value == null || value instanceof Boolean) {
      return String.valueOf(value);
    }
    if (value instanceof Number) {
      return number((Number) value);
    }
    if (value instanceof String) {
      return quoted((String) value);
    }
    if (value instanceof List) {
      List<String> items = new ArrayList<>();
      ((List<?>) value).forEach(item -> items.add(json(item)));
      return "[" + String.join(", ", items) + "]";
    }
    if (value instanceof Map) {
      Map<String, String> entries = new TreeMap<>();
      ((Map<?, ?>) value).forEach((key, item) -> entries.put(String.valueOf(key), json(item)));
      List<String> items = new ArrayList<>();
      entries.forEach((key, item) -> items.add(quoted(key) + ": " + item));
      return "{" + String.join(", ", items) + "}";
    }
    EvaluationResult shown = FEEL.evaluateExpression("string(it)", Map.of("it", value));
    String text = shown.isSuccess() && shown.result() != null ? String.valueOf(shown.result()) : null;
    return "{\"@\": " + quoted(kind(value)) + ", \"text\": " + (text == null ? "null" : quoted(text)) + "}";
  }

  private static String number(Number value) {
    BigDecimal exact = value instanceof BigDecimal ? (BigDecimal) value : new BigDecimal(value.toString());
    return exact.signum() == 0 ? "0" : exact.stripTrailingZeros().toString();
  }

  private static String kind(Object value) {
    switch (value.getClass().getSimpleName()) {
      case "ValDate":
        return "date";
      case "ValLocalTime":
      case "ValTime":
        return "time";
      case "ValLocalDateTime":
      case "ValDateTime":
        return "date time";
      case "ValYearMonthDuration":
        return "years and months";
      case "ValDayTimeDuration":
        return "days and time";
      default:
        return value.getClass().getSimpleName();
    }
  }

  static String quoted(String text) {
    if (text == null) {
      return "null";
    }
    StringBuilder built = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\') {
        built.append('\\').append(c);
      } else if (c < ' ' || c > '~') {
        built.append(String.format("\\u%04x", (int) c));
      } else {
        built.append(c);
      }
    }
    return built.append('"').toString();
  }
}
