package cli

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/cli/noun"
)

// k9sPlugins is what we use of the file that k9s reads plugins from.
type k9sPlugins struct {
	Plugins map[string]struct {
		ShortCut    string   `json:"shortCut"`
		Description string   `json:"description"`
		Scopes      []string `json:"scopes"`
		Command     string   `json:"command"`
		Background  bool     `json:"background"`
		Confirm     bool     `json:"confirm"`
		Dangerous   bool     `json:"dangerous"`
		Args        []string `json:"args"`
	} `json:"plugins"`
}

var k9sVariable = regexp.MustCompile(`\$[A-Z_]+`)

// TestK9sPlugins: every line of docs/k9s/plugins.yaml is one that the plugin takes, for
// every kind that it is offered for.
func TestK9sPlugins(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../docs/k9s/plugins.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file k9sPlugins
	if err := yaml.UnmarshalStrict(raw, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Plugins) < 5 {
		t.Errorf("only %d plugins", len(file.Plugins))
	}
	keys := map[string]string{}
	for name, p := range file.Plugins {
		if other := keys[p.ShortCut]; other != "" || !regexp.MustCompile(`^(Shift|Ctrl|Alt)-[A-Z]$`).MatchString(p.ShortCut) {
			t.Errorf("%s: the short cut %q is none, or is that of %q too", name, p.ShortCut, other)
		}
		keys[p.ShortCut] = name
		if p.Description == "" || p.Background || p.Confirm != p.Dangerous || len(p.Scopes) == 0 {
			t.Errorf("%s is not complete: %+v", name, p)
		}
		line := strings.Join(append([]string{p.Command}, p.Args...), " ")
		if p.Command == "sh" {
			line, _, _ = strings.Cut(strings.ReplaceAll(p.Args[1], `"`, ""), " 2>&1 |")
		}
		for _, scope := range p.Scopes {
			n := noun.Of(scope)
			if n == nil {
				t.Errorf("%s: %q is no kind of ours", name, scope)
				continue
			}
			checkK9sLine(t, name, line, n)
		}
	}
}

func checkK9sLine(t *testing.T, name, line string, n *noun.Noun) {
	t.Helper()
	values := map[string]string{"$RESOURCE_NAME": n.Resource.Resource, "$NAME": n.Example, "$NAMESPACE": "shop", "$CONTEXT": "here"}
	line = k9sVariable.ReplaceAllStringFunc(line, func(v string) string {
		if values[v] == "" {
			t.Errorf("%s: k9s does not know %s", name, v)
		}
		return values[v]
	})
	words := strings.Fields(line)
	if !slices.Equal(words[:2], []string{"kubectl", "carto"}) {
		t.Errorf("%s does not run kubectl carto: %s", name, line)
		return
	}
	f, _, _ := newFactory(t, false)
	cmd, args, err := NewRoot(f).Find(words[2:])
	switch {
	case err != nil:
		t.Errorf("%s: %s: %v", name, line, err)
	case cmd.HasSubCommands():
		t.Errorf("%s: %s runs nothing", name, line)
	case cmd.ParseFlags(args) != nil:
		t.Errorf("%s: %s: %v", name, line, cmd.ParseFlags(args))
	case cmd.ValidateArgs(cmd.Flags().Args()) != nil:
		t.Errorf("%s: %s: %v", name, line, cmd.ValidateArgs(cmd.Flags().Args()))
	}
}
