package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/manifest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var rule = &lint.Rule{
	ID: "TST001", Slug: "bad-field", Level: lint.Error, Needs: lint.NeedsFiles, Admission: true, Title: "a field is bad",
	Text: "Bad fields are bad for `everybody` who reads them,\nand for <those> who do not.\n\nRemove it.",
	Bad:  "-- a.yaml --\na: bad # <-\n-- b.yaml --\nb: good\n", Good: "a: good\n",
}

func at(file string, line, from, to int) manifest.Range {
	return manifest.Range{File: file, Start: manifest.Position{Line: line, Column: from}, End: manifest.Position{Line: line, Column: to}}
}

// runs by the name of their goldens.
func runs() map[string]Run {
	file := lint.File{Name: "dir/a b.yaml", Data: []byte("kind: A\nspec:\n\tname: 日本語 wide # and a comment\n  text: |\n    one\n    two\n")}
	long := lint.File{Name: "long.json", Data: []byte(`{"kind": "A", "padding": "` + strings.Repeat("x", 300) + `", "bad": "here", "more": "` + strings.Repeat("y", 300) + "\"}\n")}
	of := func(level lint.Level, at manifest.Range, message string) *lint.Finding {
		return &lint.Finding{Rule: rule, Level: level, At: at, Object: "A/a", Field: "spec.name", Message: message}
	}
	block := at(file.Name, 4, 9, 1)
	block.End.Line = 7
	suppressed := of(lint.Error, at(file.Name, 1, 1, 5), "left alone")
	suppressed.Suppressed = "it is old"
	known := of(lint.Error, at(file.Name, 2, 1, 5), "known")
	known.Suppressed, known.Known = "known in the baseline", true
	hostile := of(lint.Warning, at(file.Name, 3, 2, 6), "steers\x1b[2J the\nterminal, 100% :: file=x")
	return map[string]Run{
		"none": {Files: []lint.File{{Name: "a.yaml"}}, Rules: []*lint.Rule{rule}, FailOn: lint.Error, Version: "v1"},
		"all": {
			Findings: []*lint.Finding{
				suppressed, known,
				of(lint.Error, at(file.Name, 3, 8, 11), `the name "日本語" is not for every terminal, and this sentence is longer than any of them is wide`).
					Because(at(file.Name, 1, 7, 8), "this is of kind A").Because(manifest.Range{File: "the cluster: Role shop/a"}, "nothing allows it").
					Do("call it %q", "a").FixBy(at(file.Name, 3, 8, 11), "a"),
				hostile,
				of(lint.Info, block, "the text goes over several lines"),
				of(lint.Warning, manifest.Range{File: "none.yaml"}, "the file as a whole"),
				of(lint.Error, at(long.Name, 1, 336, 342), "in a long line"),
			},
			Files: []lint.File{file, long, {Name: "none.yaml"}, {Name: "clean.yaml"}, {Name: "the cluster: Role shop/a", Remote: true}},
			Rules: []*lint.Rule{rule}, FailOn: lint.Error, Version: "v1",
			Faults: []*manifest.Fault{{Range: at("broken.yaml", 3, 1, 1), Message: "found a tab"}, {Range: at(file.Name, 1, 1, 2), Duplicate: true, Message: "twice"}},
			Unread: []Unread{{File: "secret.yaml", Message: "permission denied"}},
		},
	}
}

// TestGolden writes each format, and text for terminals too.
func TestGolden(t *testing.T) {
	t.Parallel()
	for name, run := range runs() {
		for _, format := range Formats {
			golden(t, name+"."+format, write(t, format, run, Options{}))
		}
		golden(t, name+".text.tty", write(t, "text", run, Options{Width: 60, Color: true, Unicode: true}))
	}
	var out bytes.Buffer
	for file, o := range map[string]Options{"explain": {}, "explain.tty": {Width: 40, Color: true}} {
		out.Reset()
		if err := Explain(&out, rule, o); err != nil {
			t.Fatal(err)
		}
		golden(t, file, out.Bytes())
	}
	golden(t, "page.md", Page(rule))
	golden(t, "index.md", Index([]*lint.Rule{rule}, map[string]string{"TST002": "it cannot be\ndecided"}))
}

func write(t *testing.T, format string, run Run, o Options) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, format, run, o); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; run with -update and look at the difference\ngot:\n%s", path, got)
	}
}

// TestHostile: no format lets through what steers a terminal or ends a line of a protocol.
func TestHostile(t *testing.T) {
	t.Parallel()
	for _, format := range Formats {
		if bytes.ContainsAny(write(t, format, runs()["all"], Options{}), "\x1b") {
			t.Errorf("%s has an escape", format)
		}
	}
	for _, format := range []string{"compact", "github"} {
		lines := bytes.Count(write(t, format, runs()["all"], Options{}), []byte("\n"))
		if lines != 5 {
			t.Errorf("%s: %d lines for 5 findings", format, lines)
		}
	}
}

// TestSARIF: what is printed is nothing but what SARIF 2.1.0 knows, and follows its schema.
func TestSARIF(t *testing.T) {
	t.Parallel()
	for name, run := range runs() {
		printed := write(t, "sarif", run, Options{})
		report := &sarif.Report{}
		decoder := json.NewDecoder(bytes.NewReader(printed))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(report); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := report.Validate(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, printed)
		}
		if len(report.Runs[0].Results) != len(run.Findings) || len(report.Runs[0].Tool.Driver.Rules) != len(run.Rules) {
			t.Errorf("%s: %d results, %d rules", name, len(report.Runs[0].Results), len(report.Runs[0].Tool.Driver.Rules))
		}
		for i, result := range report.Runs[0].Results {
			if result.PartialFingerprints[fingerprintKey] == "" {
				t.Errorf("%s: result %d has no fingerprint", name, i)
			}
		}
		notes := report.Runs[0].Invocations[0].ToolExecutionNotifications
		if want := len(run.Unread) + min(1, len(run.Faults)); len(notes) != want {
			t.Errorf("%s: %d notifications, want %d: keys that occur twice are no fault of the reader", name, len(notes), want)
		}
	}
	broken := sarif.NewReport()
	broken.AddRun(sarif.NewRunWithInformationURI("x", "y").WithColumnKind("bytes"))
	if err := broken.Validate(); err == nil {
		t.Error("the schema accepts everything")
	}
}

// TestSchema holds the JSON against the published schema. That allows fields which it does
// not know, for those who read later versions; here each has to be in it.
func TestSchema(t *testing.T) {
	t.Parallel()
	const path = "../../../docs/reference/lint.schema.json"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, definition := range document.(map[string]any)["$defs"].(map[string]any) {
		if d := definition.(map[string]any); d["type"] == "object" {
			d["additionalProperties"] = false
		}
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("lint.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("lint.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, run := range runs() {
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(write(t, "json", run, Options{})))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s does not follow %s; run make generate: %v", name, path, err)
		}
	}
	if err := schema.Validate(map[string]any{"apiVersion": APIVersion, "kind": "Tree", "summary": map[string]any{}, "findings": []any{}}); err == nil {
		t.Error("the schema accepts everything")
	}
}

// TestJUnit: the numbers are those of the cases.
func TestJUnit(t *testing.T) {
	t.Parallel()
	var suites junitSuites
	if err := xml.Unmarshal(write(t, "junit", runs()["all"], Options{}), &suites); err != nil {
		t.Fatal(err)
	}
	if suites.Tests != 9 || suites.Failures != 2 || suites.Errors != 1 || suites.Skipped != 2 {
		t.Errorf("%d tests, %d failures, %d errors, %d skipped", suites.Tests, suites.Failures, suites.Errors, suites.Skipped)
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]Summary{
		"nothing found in 1 file":                              {Files: 1},
		"3 errors, 2 warnings in 12 files":                     {Files: 12, Errors: 3, Warnings: 2},
		"1 error, 1 warning, 1 info in 2 files (1 suppressed)": {Files: 2, Errors: 1, Warnings: 1, Infos: 1, Suppressed: 1},
	} {
		if s.String() != want {
			t.Errorf("got %q, want %q", s, want)
		}
	}
}

// TestLongLine: thousands of findings on one long line are told at once, each with what stands
// around it.
func TestLongLine(t *testing.T) {
	t.Parallel()
	const many = 5000
	line := strings.Repeat("語0123456 ", 20*many)
	run := Run{Files: []lint.File{{Name: "a", Data: []byte(line)}}}
	for i := range many {
		start := manifest.Position{Line: 1, Column: 180*i + 1}
		run.Findings = append(run.Findings, &lint.Finding{Rule: rule, Level: lint.Error, At: manifest.Range{File: "a", Start: start, End: manifest.Position{Line: 1, Column: start.Column + 3}}, Message: "x"})
	}
	out := string(write(t, "text", run, Options{Width: 40}))
	if got := strings.Count(out, "語01234"); got < many {
		t.Errorf("%d excerpts for %d findings", got, many)
	}
	if !strings.Contains(out, " 1 | 語01234") || !strings.Contains(out, " 1 | ...") || !strings.Contains(out, "| ^^^^\n") {
		t.Errorf("the excerpts are wrong:\n%.600s", out)
	}
}

// FuzzText: whatever a place says, the excerpt neither fails nor is wider than its room.
func FuzzText(f *testing.F) {
	f.Add("a: 日本語\tb", 1, 4, 1, 7, 30)
	f.Add("", 9, 9, 1, 1, 0)
	f.Add(strings.Repeat("語", 300), 1, 200, 1, 250, 40)
	f.Fuzz(func(t *testing.T, text string, line, column, endLine, endColumn, width int) {
		r := manifest.Range{File: "a", Start: manifest.Position{Line: line, Column: column}, End: manifest.Position{Line: endLine, Column: endColumn}}
		run := Run{Findings: []*lint.Finding{{Rule: rule, Level: lint.Error, At: r, Message: text}}, Files: []lint.File{{Name: "a", Data: []byte(text)}}}
		for _, format := range Formats {
			write(t, format, run, Options{Width: width})
		}
	})
}
