package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// faultFiles are the files of tests that bring faults about; every test in them stands in docs/reliability.md.
var faultFiles = []string{"fault*_test.go", "outage*_test.go", "soak*_test.go"}

// faultTable is the variable of such a file whose entries are subtests, by their field name.
const faultTable = "faultRows"

var namedTest = regexp.MustCompile("`(Test[A-Za-z0-9]+(?:/[^`]+)?)`")

// TestEveryFaultIsDocumented: each test of a fault has its line in docs/reliability.md, each line a test that exists, and
// README.md names no other. What is promised without a test is a wish.
func TestEveryFaultIsDocumented(t *testing.T) {
	faults, all := faultTests(t)
	page := tableOf(t, filepath.Join("docs", "reliability.md"))
	documented := map[string]bool{}
	for line := range strings.Lines(page) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| fault ") {
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		names := namedTest.FindAllStringSubmatch(cells[len(cells)-1], -1)
		if len(cells) != 4 || len(names) == 0 {
			t.Errorf("docs/reliability.md: not four cells with a test in the last: %s", line)
		}
		for _, name := range names {
			documented[name[1]] = true
			if !all[name[1]] {
				t.Errorf("docs/reliability.md names a test that does not exist: %s", name[1])
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(faults)) {
		if !documented[name] {
			t.Errorf("docs/reliability.md lacks a line for %s", name)
		}
	}
	for _, name := range namedTest.FindAllStringSubmatch(tableOf(t, "README.md"), -1) {
		if !documented[name[1]] {
			t.Errorf("README.md names a test that docs/reliability.md does not: %s", name[1])
		}
	}
}

var oneTime = regexp.MustCompile("^\\| .* \\| ([0-9]+) (min|s) \\| `([A-Za-z]+)` in `([^`]+)` \\|$")

// TestTimesAreThose: the times of docs/reliability.md are those of the code, as far as they are Carto's own.
func TestTimesAreThose(t *testing.T) {
	found := 0
	for line := range strings.Lines(partOf(t, filepath.Join("docs", "reliability.md"), "times")) {
		m := oneTime.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		found++
		number, err := strconv.ParseInt(m[1], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if got := valueOf(t, m[3], m[4]); got != number*map[string]int64{"s": 1e9, "min": 60e9}[m[2]] {
			t.Errorf("%s: it is %d ns", strings.TrimSpace(line), got)
		}
	}
	if found < 4 {
		t.Errorf("there are only %d times", found)
	}
}

// tableOf is the table of faults of a page.
func tableOf(t *testing.T, page string) string {
	t.Helper()
	return partOf(t, page, "faults")
}

// partOf is the part of a page between two marks.
func partOf(t *testing.T, page, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", page))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "<!-- "+name+" -->")
	part, _, closed := strings.Cut(rest, "<!-- end of "+name+" -->")
	if !ok || !closed {
		t.Fatalf("%s has no part %s", page, name)
	}
	return part
}

// faultTests are the tests of the files of faults, and all tests of the agent that a line may name. A test that walks the table
// stands for its rows: TEST/ROW.
func faultTests(t *testing.T) (faults, all map[string]bool) {
	t.Helper()
	faults, all = map[string]bool{}, map[string]bool{}
	for _, folder := range []string{"test/e2e/agent", "pkg/agent"} {
		files, err := filepath.Glob(filepath.Join("..", "..", folder, "*_test.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no tests in %s: %v", folder, err)
		}
		for _, file := range files {
			aboutFaults := slices.ContainsFunc(faultFiles, func(pattern string) bool {
				matches, err := filepath.Match(pattern, filepath.Base(file))
				return err == nil && matches
			})
			for _, name := range testsOf(t, file) {
				all[name] = true
				if aboutFaults {
					faults[name] = true
				}
			}
		}
	}
	return faults, all
}

func testsOf(t *testing.T, path string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	rows := rowNames(file)
	var tests []string
	for _, declaration := range file.Decls {
		f, ok := declaration.(*ast.FuncDecl)
		if !ok || f.Recv != nil || !strings.HasPrefix(f.Name.Name, "Test") || f.Name.Name == "TestMain" {
			continue
		}
		if !mentions(f, faultTable) {
			tests = append(tests, f.Name.Name)
			continue
		}
		for _, row := range rows {
			tests = append(tests, f.Name.Name+"/"+row)
		}
	}
	return tests
}

// rowNames are the names of the entries of the table of faults.
func rowNames(file *ast.File) []string {
	var names []string
	for _, declaration := range file.Decls {
		group, ok := declaration.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range group.Specs {
			value, ok := spec.(*ast.ValueSpec)
			if !ok || value.Names[0].Name != faultTable {
				continue
			}
			ast.Inspect(value, func(n ast.Node) bool {
				pair, ok := n.(*ast.KeyValueExpr)
				if !ok {
					return true
				}
				key, isName := pair.Key.(*ast.Ident)
				text, isText := pair.Value.(*ast.BasicLit)
				if isName && isText && key.Name == "name" {
					if name, err := strconv.Unquote(text.Value); err == nil {
						names = append(names, name)
					}
				}
				return true
			})
		}
	}
	return names
}

func mentions(f *ast.FuncDecl, name string) bool {
	found := false
	ast.Inspect(f, func(n ast.Node) bool {
		ident, ok := n.(*ast.Ident)
		found = found || ok && ident.Name == name
		return !found
	})
	return found
}
