import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.camunda.dmn.Audit;
import org.camunda.dmn.DmnEngine;
import org.camunda.dmn.parser.ParsedDmn;
import org.camunda.feel.FeelEngineClock;
import org.camunda.feel.syntaxtree.Val;
import org.camunda.feel.syntaxtree.ValError;
import org.camunda.feel.valuemapper.ValueMapper;
import scala.jdk.javaapi.CollectionConverters;
import scala.util.Either;

/**
 * What DMN-Scala makes of decisions. Compiled together with FEEL's Referee.
 *
 * <p>Reads lines of the system's input: base64 of the variables (a FEEL expression), the id of the decision and the
 * document, parted by blanks. Writes a line of JSON for each: {"value": ..., "log": ...}, {"failed": why, "log": ...} or
 * {"refused": why}. The log has an item for each decision evaluated: id, value, and of a table the inputs and the rules
 * that matched, with their outputs.
 */
public final class DmnReferee {
  private static final ValueMapper MAPPER =
      new ValueMapper.CompositeValueMapper(scala.collection.immutable.List$.MODULE$.empty().$colon$colon(new Referee.Kept()));
  private static final DmnEngine DMN =
      new DmnEngine.Builder().clock((FeelEngineClock) () -> Referee.NOW).build();

  public static void main(String[] arguments) throws Exception {
    PrintStream out = new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), false, "UTF-8");
    System.setOut(System.err); // libraries may talk
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] parts = line.split(" ", -1);
      out.println(answer(Referee.text(parts[0]), Referee.text(parts[1]), Referee.text(parts[2])));
    }
    out.flush();
    System.exit(0);
  }

  @SuppressWarnings("unchecked")
  private static String answer(String variables, String decision, String document) {
    Either<DmnEngine.Failure, ParsedDmn> parsed;
    try {
      parsed = DMN.parse(new ByteArrayInputStream(document.getBytes(StandardCharsets.UTF_8)));
    } catch (Throwable error) {
      return "{\"refused\": " + Referee.quoted("threw " + error) + "}";
    }
    if (parsed.isLeft()) {
      return "{\"refused\": " + Referee.quoted(parsed.left().get().message()) + "}";
    }
    try {
      Map<String, Object> given = (Map<String, Object>) Referee.value(variables);
      Either<DmnEngine.EvalFailure, DmnEngine.EvalResult> result = DMN.eval(parsed.right().get(), decision, given);
      if (result.isLeft()) {
        DmnEngine.EvalFailure failure = result.left().get();
        return "{\"failed\": " + Referee.quoted(failure.failure().message()) + log(failure.auditLog()) + "}";
      }
      DmnEngine.EvalResult found = result.right().get();
      return "{\"value\": " + Referee.json(found.isNil() ? null : found.value()) + log(found.auditLog()) + "}";
    } catch (Throwable error) {
      return "{\"failed\": " + Referee.quoted("threw " + error) + "}";
    }
  }

  private static String log(Audit.AuditLog log) {
    List<String> items = new ArrayList<>();
    for (Audit.AuditLogEntry entry : CollectionConverters.asJava(log.entries())) {
      String logic = entry.decisionLogic().getClass().getSimpleName().replace("Parsed", "");
      String item = "{\"id\": " + Referee.quoted(entry.id()) + ", \"logic\": " + Referee.quoted(logic);
      item += ", \"value\": " + json(entry.result().result());
      if (entry.result() instanceof Audit.DecisionTableEvaluationResult) {
        item += table((Audit.DecisionTableEvaluationResult) entry.result());
      }
      items.add(item + "}");
    }
    return ", \"log\": [" + String.join(", ", items) + "]";
  }

  private static String table(Audit.DecisionTableEvaluationResult result) {
    List<String> inputs = new ArrayList<>();
    for (Audit.EvaluatedInput input : CollectionConverters.asJava(result.inputs())) {
      inputs.add(json(input.value()));
    }
    List<String> rules = new ArrayList<>();
    for (Audit.EvaluatedRule rule : CollectionConverters.asJava(result.matchedRules())) {
      List<String> outputs = new ArrayList<>();
      for (Audit.EvaluatedOutput output : CollectionConverters.asJava(rule.outputs())) {
        outputs.add(json(output.value()));
      }
      rules.add("[" + Referee.quoted(rule.rule().id()) + ", [" + String.join(", ", outputs) + "]]");
    }
    return ", \"inputs\": [" + String.join(", ", inputs) + "], \"rules\": [" + String.join(", ", rules) + "]";
  }

  private static String json(Val value) {
    return value instanceof ValError ? "{\"@\": \"error\"}" : Referee.json(MAPPER.unpackVal(value));
  }
}
