// Package house holds the rules of the house: which package may know which. They are
// tests because a rule that nobody checks is a wish.
package house

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/carto-run/carto"

// pure packages decide; they read no clock and touch no cluster, file or network.
var pure = []string{
	"pkg/blueprint", "pkg/stamp", "pkg/stamped", "pkg/ytt", "pkg/realize", "pkg/offline", "pkg/tree", "pkg/table", "pkg/why",
	"pkg/jsonread", "pkg/lint", "pkg/manifest", "pkg/schema", "pkg/near", "pkg/quantity", "pkg/shard", "pkg/suite", "pkg/tui", "pkg/yamldiff",
}

// forTests are packages below pure ones that only tests import: they read goldens.
var forTests = []string{"pkg/tui/screen/screentest"}

// allowedInPure are the parts of client-go that are pure themselves, the table of types
// among them, and those below net that only parse.
var allowedInPure = []string{
	"k8s.io/client-go/util/jsonpath", "k8s.io/client-go/third_party/forked/golang/template",
	"k8s.io/client-go/kubernetes/scheme",
	"net/url", "net/netip",
}

type goPackage struct {
	ImportPath, Name, Dir string
	Imports               []string
	GoFiles               []string
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	command := exec.Command("go", "list", "-json=ImportPath,Name,Dir,Imports,GoFiles", "./...")
	command.Dir = filepath.Join("..", "..")
	output, err := command.Output()
	if err != nil {
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			t.Fatalf("go list: %v\n%s", err, failed.Stderr)
		}
		t.Fatalf("go list: %v", err)
	}
	var all []goPackage
	decoder := json.NewDecoder(strings.NewReader(string(output)))
	for {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("decode go list: %v", err)
		}
		all = append(all, p)
	}
}

// local is the path of a package inside the module; false for foreign ones.
func local(importPath string) (string, bool) {
	rest, ok := strings.CutPrefix(importPath, module+"/")
	return rest, ok
}

func under(path string, roots ...string) bool {
	return slices.ContainsFunc(roots, func(root string) bool { return path == root || strings.HasPrefix(path, root+"/") })
}

func TestImports(t *testing.T) {
	all := packages(t)
	if len(all) < 5 {
		t.Fatalf("go list found only %d packages: the rules would check nothing", len(all))
	}
	for _, p := range all {
		from, _ := local(p.ImportPath)
		for _, imported := range p.Imports {
			to, isLocal := local(imported)
			for _, rule := range []struct {
				broken bool
				remedy string
			}{
				{isLocal && under(to, "cmd"), "nothing imports cmd: move what is shared into pkg"},
				{isLocal && under(from, "cmd") && !under(to, "pkg/cli", "pkg/agent"), "mains import pkg/cli or pkg/agent only: put the code there"},
				{isLocal && under(from, "pkg/agent") && under(to, "pkg/cli"), "the agent does not know the plugin: move what is shared into a package of its own"},
				{isLocal && under(from, "pkg/cli") && under(to, "pkg/agent"), "the plugin does not know the agent: move what is shared into a package of its own"},
				{isLocal && under(from, "pkg") && under(to, "test"), "the product does not import its tests"},
				{isLocal && under(to, forTests...), "only tests import it"},
				{under(from, pure...) && !under(from, forTests...) && isImpure(imported), "the package is pure: pass the data, or a small interface, in"},
				{isLocal && under(from, pure...) && (under(to, "pkg/agent", "pkg/cli", "pkg/collect", "pkg/install") || under(to, "pkg/tui") && !under(from, "pkg/tui")), "pure packages know only each other and the API"},
			} {
				if rule.broken {
					t.Errorf("%s imports %s: %s", from, imported, rule.remedy)
				}
			}
		}
	}
}

func isImpure(imported string) bool {
	if slices.Contains(allowedInPure, imported) {
		return false
	}
	return under(imported, "os", "net", "syscall", "log", "k8s.io/client-go", "k8s.io/cli-runtime", "k8s.io/kubectl", "k8s.io/utils/clock")
}

func TestNames(t *testing.T) {
	for _, p := range packages(t) {
		if slices.Contains([]string{"util", "utils", "common", "helper", "helpers", "misc"}, p.Name) {
			t.Errorf("%s is called %s, which says nothing: name it after what it holds", p.ImportPath, p.Name)
		}
	}
}

// TestPureHasNoClock: time enters as an argument, or tests would depend on it.
func TestPureHasNoClock(t *testing.T) {
	isPure := func(from string) bool { return under(from, pure...) }
	calls(t, isPure, "time", []string{"Now", "Since", "Until", "After", "Sleep", "Tick", "NewTimer", "NewTicker", "AfterFunc"}, "in a pure package: take the time as an argument")
}

// TestQuantitiesAreBounded: what a tenant writes as a quantity could take all memory.
func TestQuantitiesAreBounded(t *testing.T) {
	product := func(from string) bool { return under(from, "cmd", "pkg") && from != "pkg/quantity" }
	calls(t, product, "resource", []string{"ParseQuantity", "MustParse"}, "is not bounded: use pkg/quantity")
}

// calls reports calls of functions of a package that must not be there.
func calls(t *testing.T, in func(path string) bool, of string, functions []string, why string) {
	t.Helper()
	for _, p := range packages(t) {
		if from, isLocal := local(p.ImportPath); !isLocal || !in(from) {
			continue
		}
		for _, name := range p.GoFiles {
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, filepath.Join(p.Dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				selector, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				x, ok := selector.X.(*ast.Ident)
				if ok && x.Name == of && slices.Contains(functions, selector.Sel.Name) {
					t.Errorf("%s: %s.%s %s", set.Position(n.Pos()), of, selector.Sel.Name, why)
				}
				return true
			})
		}
	}
}
