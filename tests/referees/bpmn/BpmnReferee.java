import io.camunda.zeebe.model.bpmn.Bpmn;
import io.camunda.zeebe.model.bpmn.BpmnModelInstance;
import io.camunda.zeebe.model.bpmn.traversal.ModelWalker;
import io.camunda.zeebe.model.bpmn.validation.ValidationVisitor;
import io.camunda.zeebe.model.bpmn.validation.zeebe.ZeebeDesignTimeValidators;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.TreeSet;
import org.camunda.bpm.model.xml.instance.ModelElementInstance;

/**
 * What Camunda's model library says of BPMN documents before they are deployed: the schema, and the validators.
 *
 * <p>Reads lines of the system's input, each base64 of a document. Writes a line for each: "ok", "schema", or "refused"
 * followed by the problems, base64 each, parted by blanks.
 */
public final class BpmnReferee {
  public static void main(String[] arguments) throws Exception {
    PrintStream out = new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), false, "UTF-8");
    System.setOut(System.err); // libraries may talk
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      out.println(answer(Base64.getDecoder().decode(line)));
    }
    out.flush();
    System.exit(0);
  }

  private static String answer(byte[] document) {
    BpmnModelInstance model;
    try {
      model = Bpmn.readModelFromStream(new ByteArrayInputStream(document));
      Bpmn.validateModel(model);
    } catch (Throwable error) {
      return "schema";
    }
    ValidationVisitor visitor = new ValidationVisitor(ZeebeDesignTimeValidators.VALIDATORS);
    try {
      new ModelWalker(model).walk(visitor);
    } catch (Throwable error) {
      return "refused " + encoded("threw " + error);
    }
    TreeSet<String> problems = new TreeSet<>();
    visitor
        .getValidationResult()
        .getResults()
        .forEach((element, results) -> results.forEach(one -> problems.add(named(element) + one.getMessage())));
    if (visitor.getValidationResult().getErrorCount() == 0) {
      return "ok";
    }
    StringBuilder line = new StringBuilder("refused");
    problems.forEach(problem -> line.append(' ').append(encoded(problem)));
    return line.toString();
  }

  private static String named(ModelElementInstance element) {
    String id = element.getAttributeValue("id");
    return element.getElementType().getTypeName() + (id == null ? "" : " " + id) + ": ";
  }

  private static String encoded(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
