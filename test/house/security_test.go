package house

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/carto-run/carto/pkg/install"
	"github.com/carto-run/carto/pkg/ytt"
)

func securityPage(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// TestEveryRightIsExplained: each rule of each role of the agent has its line in docs/security.md, and each line its rule. A
// right that nobody explains is one right too many.
func TestEveryRightIsExplained(t *testing.T) {
	objects, err := install.Objects(install.Config{Namespace: install.DefaultNamespace, Image: "none", Shards: 2, Options: install.Options{MetricsSecure: true, NetworkPolicy: true}})
	if err != nil {
		t.Fatal(err)
	}
	wanted := map[string]bool{}
	for _, object := range objects {
		if object.GetKind() != "ClusterRole" && object.GetKind() != "Role" {
			continue
		}
		var role rbacv1.ClusterRole
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &role); err != nil {
			t.Fatal(err)
		}
		for _, rule := range role.Rules {
			what := code(slices.Concat(rule.Resources, rule.NonResourceURLs))
			if len(rule.ResourceNames) > 0 {
				what += " named " + code(rule.ResourceNames)
			}
			wanted[fmt.Sprintf("| `%s` | %s | %s | `%s` |", role.Name, code(rule.APIGroups), what, strings.Join(rule.Verbs, ", "))] = false
		}
	}
	for line := range strings.Lines(section(t, "rights")) {
		cells := strings.SplitAfterN(line, " |", 5)
		if len(cells) < 5 || !strings.HasPrefix(line, "| `") {
			continue
		}
		rule, why := strings.Join(cells[:4], ""), strings.Trim(cells[4], " |\n")
		switch _, known := wanted[rule]; {
		case !known:
			t.Errorf("docs/security.md explains a right that no role grants: %s", rule)
		case why == "":
			t.Errorf("docs/security.md does not say why: %s", rule)
		}
		wanted[rule] = true
	}
	for rule, explained := range wanted {
		if !explained {
			t.Errorf("docs/security.md lacks a line that begins with: %s", rule)
		}
	}
}

// code is names as a page shows them; the core group has no name.
func code(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	shown := make([]string, len(names))
	for i, name := range names {
		if name == "" {
			name = "core"
		}
		shown[i] = name
	}
	return "`" + strings.Join(shown, ", ") + "`"
}

// section is the part of the page between two marks.
func section(t *testing.T, name string) string {
	t.Helper()
	_, rest, ok := strings.Cut(securityPage(t), "<!-- "+name+" -->")
	part, _, closed := strings.Cut(rest, "<!-- end of "+name+" -->")
	if !ok || !closed {
		t.Fatalf("docs/security.md has no section %s", name)
	}
	return part
}

var bound = regexp.MustCompile("^\\| .* \\| ([0-9 ]+)(| KiB| MiB| s| min| ms) \\| `([^` ]+)`(?: in `([^`]+)`)? \\|$")

// TestBoundsAreThose: the numbers of docs/security.md are those of the code.
func TestBoundsAreThose(t *testing.T) {
	found := 0
	for line := range strings.Lines(section(t, "bounds")) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| what") {
			continue
		}
		m := bound.FindStringSubmatch(line)
		if m == nil {
			t.Errorf("cannot read %s", line)
			continue
		}
		found++
		number, err := strconv.ParseInt(strings.ReplaceAll(m[1], " ", ""), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		factor := map[string]int64{"": 1, " KiB": 1 << 10, " MiB": 1 << 20, " ms": 1e6, " s": 1e9, " min": 60e9}[m[2]]
		if got := valueOf(t, m[3], m[4]); got != number*factor {
			t.Errorf("%s: it is %d", line, got)
		}
	}
	if found < 10 {
		t.Errorf("there are only %d bounds", found)
	}
}

// valueOf is the value of a constant in a file, or of a field of ytt's limits.
func valueOf(t *testing.T, name, file string) int64 {
	t.Helper()
	if field, ok := strings.CutPrefix(name, "ytt.Limits."); ok {
		v := reflect.ValueOf(ytt.DefaultLimits()).FieldByName(field)
		switch {
		case v.CanInt():
			return v.Int()
		case v.CanUint():
			return int64(v.Uint()) //nolint:gosec // millions
		}
		t.Fatalf("ytt has no limit %s", field)
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "..", filepath.FromSlash(file)), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	value := int64(-1)
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 || spec.Names[0].Name != name {
			return true
		}
		text := types.ExprString(spec.Values[0])
		for unit, nanoseconds := range map[string]string{"time.Second": "1000000000", "time.Minute": "60000000000", "time.Millisecond": "1000000"} {
			text = strings.ReplaceAll(text, unit, nanoseconds)
		}
		evaluated, err := types.Eval(token.NewFileSet(), nil, token.NoPos, text)
		if err != nil {
			t.Fatalf("%s in %s: %v", name, file, err)
		}
		value, _ = constant.Int64Val(evaluated.Value)
		return false
	})
	if value < 0 {
		t.Fatalf("%s has no constant %s", file, name)
	}
	return value
}
