package v1alpha1_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/api/v1alpha1/crds"
)

func TestFreeForm_roundTrip(t *testing.T) {
	// Big numbers, the order of keys and null must survive: templates are rendered from the text.
	const text = `{"kind":"X","big":12345678901234567890,"a":null,"z":{"y":[1,{"x":1.10}]}}`
	var template v1alpha1.ClusterTemplate
	if err := json.Unmarshal([]byte(`{"metadata":{"name":"t"},"spec":{"template":`+text+`}}`), &template); err != nil {
		t.Fatal(err)
	}
	if have := string(template.Spec.Template.Raw); have != text {
		t.Errorf("have %s", have)
	}
	out, err := json.Marshal(&template)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(out), text) {
		t.Errorf("%s is not in %s", text, out)
	}
	deep := template.DeepCopy()
	deep.Spec.Template.Raw[0] = 'X'
	if string(template.Spec.Template.Raw) != text {
		t.Error("a deep copy shares the text")
	}
}

func TestFreeForm_empty(t *testing.T) {
	for _, c := range []struct {
		reason string
		value  v1alpha1.TemplateSpec
		want   string
	}{
		{"absent stays absent", v1alpha1.TemplateSpec{}, `{}`},
		{"the empty value is an object", v1alpha1.TemplateSpec{Template: &v1alpha1.FreeForm{}}, `{"template":{}}`},
	} {
		out, err := json.Marshal(c.value)
		if err != nil || string(out) != c.want {
			t.Errorf("%s: have %s, %v", c.reason, out, err)
		}
	}
}

func TestFreeForm_ownsItsText(t *testing.T) {
	text := []byte(`{"kind":"X"}`)
	var f v1alpha1.FreeForm
	if err := f.UnmarshalJSON(text); err != nil {
		t.Fatal(err)
	}
	text[2] = 'K' // decoders reuse their buffers
	if string(f.Raw) != `{"kind":"X"}` {
		t.Errorf("have %s", f.Raw)
	}
}

func TestScheme(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	definitions, err := crds.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, definition := range definitions {
		for _, kind := range []string{definition.Spec.Names.Kind, definition.Spec.Names.ListKind} {
			if !scheme.Recognizes(v1alpha1.GroupVersion.WithKind(kind)) {
				t.Errorf("%s is not registered", kind)
			}
		}
	}
}

// TestConstants_matchTheSchema: a reason that the API server refuses would keep a whole status from being written.
func TestConstants_matchTheSchema(t *testing.T) {
	definitions, err := crds.All()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, definition := range definitions {
		status, ok := definition.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["status"]
		if !ok {
			continue
		}
		seen++
		condition := status.Properties["conditions"].Items.Schema.Properties
		reason, conditionType := regexp.MustCompile(condition["reason"].Pattern), regexp.MustCompile(condition["type"].Pattern)
		for name, value := range constants(t) {
			switch {
			case strings.HasPrefix(name, "Reason") && !reason.MatchString(value):
				t.Errorf("%s: reason %s = %q does not match %s", definition.Name, name, value, reason)
			case strings.HasPrefix(name, "Condition") && !conditionType.MatchString(value):
				t.Errorf("%s: type %s = %q does not match %s", definition.Name, name, value, conditionType)
			}
		}
	}
	if seen != 5 {
		t.Errorf("%d kinds have a status, want 5", seen)
	}
}

// constants are those of conditions.go, from the source, so that none can be forgotten here.
func constants(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "conditions.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	ast.Inspect(file, func(node ast.Node) bool {
		if spec, ok := node.(*ast.ValueSpec); ok {
			for i, name := range spec.Names {
				value, err := strconv.Unquote(spec.Values[i].(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				found[name.Name] = value
			}
		}
		return true
	})
	if len(found) < 40 {
		t.Fatalf("only %d constants found", len(found))
	}
	return found
}
