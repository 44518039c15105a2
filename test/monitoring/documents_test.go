package monitoring

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

var update = flag.Bool("update", false, "write prometheusrule.yaml")

// expressions is the grammar of a Prometheus without experimental features.
var expressions = parser.NewParser(parser.Options{})

func read(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{"..", ".."}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func rules(t *testing.T) []rulefmt.Rule {
	t.Helper()
	groups, errs := rulefmt.Parse([]byte(read(t, "config", "monitoring", "rules.yaml")), false, model.UTF8Validation, expressions, slog.New(slog.DiscardHandler))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	var all []rulefmt.Rule
	for _, group := range groups.Groups {
		all = append(all, group.Rules...)
	}
	if len(all) == 0 {
		t.Fatal("no rules: the tests would check nothing")
	}
	return all
}

// TestRules: who is woken at night finds in the alert what it means and what to do.
func TestRules(t *testing.T) {
	list := read(t, "docs", "operations.md")
	known := map[string]bool{}
	for _, rule := range rules(t) {
		known[rule.Alert] = true
		if rule.For == 0 {
			t.Errorf("%s has no for: one bad scrape would fire it", rule.Alert)
		}
		if severity := rule.Labels["severity"]; !slices.Contains([]string{"critical", "warning", "info"}, severity) {
			t.Errorf("%s: severity %q is not critical, warning or info", rule.Alert, severity)
		} else if !strings.Contains(list, fmt.Sprintf("| [%s](operations/%[1]s.md) | %s |", rule.Alert, severity)) {
			t.Errorf("%s is not in the table of docs/operations.md with severity %s", rule.Alert, severity)
		}
		for _, name := range []string{"summary", "description"} {
			if rule.Annotations[name] == "" {
				t.Errorf("%s has no %s", rule.Alert, name)
			}
		}
		want := "https://github.com/carto-run/carto/blob/main/docs/operations/" + rule.Alert + ".md"
		if got := rule.Annotations["runbook_url"]; got != want {
			t.Errorf("%s: runbook_url is %q, want %q", rule.Alert, got, want)
		}
		page := read(t, "docs", "operations", rule.Alert+".md")
		for _, heading := range []string{"# " + rule.Alert, "## What it means", "## How to see it", "## What to do"} {
			if !strings.Contains(page, heading+"\n") {
				t.Errorf("the page of %s has no heading %q", rule.Alert, heading)
			}
		}
	}
	pages, err := filepath.Glob("../../docs/operations/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		if name := strings.TrimSuffix(filepath.Base(page), ".md"); !known[name] {
			t.Errorf("%s is the page of no alert", page)
		}
	}
}

var link = regexp.MustCompile(`\]\(([^)#:]+)(#[a-z-]+)?\)`)

// TestLinks: a page that leads nowhere is of no use at night.
func TestLinks(t *testing.T) {
	pages, _ := filepath.Glob("../../docs/operations/*.md") // the pattern is well-formed
	for _, page := range append(pages, "../../docs/operations.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, target := range link.FindAllStringSubmatch(string(text), -1) {
			path := filepath.Join(filepath.Dir(page), target[1])
			to, err := os.Stat(path)
			if err != nil {
				t.Errorf("%s: %v", page, err)
				continue
			}
			if anchor := strings.TrimPrefix(target[2], "#"); anchor != "" && !to.IsDir() {
				if found, _ := os.ReadFile(path); !strings.Contains(strings.ToLower(string(found)), "## "+strings.ReplaceAll(anchor, "-", " ")+"\n") {
					t.Errorf("%s: %s has no heading %s", page, path, anchor)
				}
			}
		}
	}
}

// TestPrometheusRule: the operator gets the same rules.
func TestPrometheusRule(t *testing.T) {
	var want bytes.Buffer
	want.WriteString(`# Made from rules.yaml by go test -C test/monitoring -update ./...
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: carto-agent
  namespace: carto-system
  labels:
    app.kubernetes.io/part-of: carto
spec:
`)
	for line := range strings.Lines(read(t, "config", "monitoring", "rules.yaml")) {
		if !strings.HasPrefix(line, "#") {
			want.WriteString("  " + line)
		}
	}
	path := filepath.Join("..", "..", "config", "monitoring", "prometheusrule.yaml")
	if *update {
		if err := os.WriteFile(path, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got := read(t, "config", "monitoring", "prometheusrule.yaml"); got != want.String() {
		t.Error("prometheusrule.yaml differs from rules.yaml: run go test -C test/monitoring -update ./...")
	}
}

// fromScraping are the labels that Prometheus adds to what it scrapes, and le, which
// histograms have.
var fromScraping = []string{"cluster", "namespace", "pod", "instance", "job", "le"}

var row = regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| (gauge|counter|histogram) \\| ([^|]*)\\|")

// documented are the labels of each series, by its name.
func documented(t *testing.T) map[string][]string {
	t.Helper()
	series := map[string][]string{}
	for _, m := range row.FindAllStringSubmatch(read(t, "docs", "operations.md"), -1) {
		own := strings.FieldsFunc(m[3], func(r rune) bool { return strings.ContainsRune("`, ", r) })
		if m[2] != "histogram" {
			series[m[1]] = own
			continue
		}
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			series[m[1]+suffix] = own
		}
	}
	if len(series) == 0 {
		t.Fatal("docs/operations.md lists no metrics: the tests would check nothing")
	}
	return series
}

// checkSeries reports the metrics and labels of an expression that the agent does not have.
func checkSeries(expr parser.Expr, series map[string][]string) []string {
	var faults, own []string
	check := func(label string) {
		if !slices.Contains(own, label) && !slices.Contains(fromScraping, label) {
			faults = append(faults, "no metric of the expression has the label "+label)
		}
	}
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		selector, ok := node.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		if selector.Name == "ALERTS" { // Prometheus' own
			own = append(own, "alertname", "alertstate")
			return nil
		}
		if _, ok := series[selector.Name]; !ok {
			faults = append(faults, "docs/operations.md has no metric "+selector.Name)
		}
		own = append(own, series[selector.Name]...)
		return nil
	})
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		switch n := node.(type) {
		case *parser.VectorSelector:
			for _, matcher := range n.LabelMatchers {
				if matcher.Name != model.MetricNameLabel {
					check(matcher.Name)
				}
			}
		case *parser.AggregateExpr:
			for _, label := range n.Grouping {
				check(label)
			}
		case *parser.BinaryExpr:
			if n.VectorMatching != nil {
				for _, label := range n.VectorMatching.MatchingLabels {
					check(label)
				}
			}
		}
		return nil
	})
	return faults
}

func TestSeriesOfRules(t *testing.T) {
	series := documented(t)
	for _, rule := range rules(t) {
		expr, err := expressions.ParseExpr(rule.Expr)
		if err != nil {
			t.Fatalf("%s: %v", rule.Alert, err)
		}
		for _, fault := range checkSeries(expr, series) {
			t.Errorf("%s: %s", rule.Alert, fault)
		}
	}
}

// TestSeriesAreChecked: the check itself finds what it is for.
func TestSeriesAreChecked(t *testing.T) {
	for text, want := range map[string]string{
		`carto_no_such > 1`:                             "docs/operations.md has no metric carto_no_such",
		`carto_writes_total{code="500"}`:                "no metric of the expression has the label code",
		`sum by (verb) (carto_leader)`:                  "no metric of the expression has the label verb",
		`carto_leader and on (kind) carto_leader`:       "no metric of the expression has the label kind",
		`carto_propagation_seconds`:                     "docs/operations.md has no metric carto_propagation_seconds",
		`sum by (verb, namespace) (carto_writes_total)`: "",
	} {
		expr, err := expressions.ParseExpr(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(checkSeries(expr, documented(t)), "; "); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// dashboard is what the tests read of one.
type dashboard struct {
	Panels []struct {
		Type, Title, Description string
		ID                       int
		Datasource               struct{ UID string }
		GridPos                  struct{ X, Y, W, H int }
		Targets                  []struct {
			Expr       string
			Datasource struct{ UID string }
		}
	}
	Annotations struct{ List []struct{ Expr string } }
	Templating  struct {
		List []struct{ Name, Type string }
	}
}

// TestDashboard: what Grafana would only show as an empty panel.
func TestDashboard(t *testing.T) {
	var d dashboard
	if err := json.Unmarshal([]byte(read(t, "config", "monitoring", "dashboard.json")), &d); err != nil {
		t.Fatal(err)
	}
	variables := map[string]string{"$__rate_interval": "5m"}
	for _, v := range d.Templating.List {
		variables["$"+v.Name] = ".*"
		if v.Name == "datasource" && v.Type != "datasource" {
			t.Error("the data source is no variable of its type")
		}
	}
	series, used := documented(t), map[string]bool{}
	check := func(title, text string) {
		for name, value := range variables {
			text = strings.ReplaceAll(text, name, value)
		}
		expr, err := expressions.ParseExpr(text)
		if err != nil {
			t.Errorf("%s: %q: %v", title, text, err)
			return
		}
		for _, fault := range checkSeries(expr, series) {
			t.Errorf("%s: %s", title, fault)
		}
		parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
			if selector, ok := node.(*parser.VectorSelector); ok {
				used[selector.Name] = true
			}
			return nil
		})
	}
	ids := map[int]bool{}
	for i, p := range d.Panels {
		if ids[p.ID] {
			t.Errorf("%s has the id of another panel", p.Title)
		}
		ids[p.ID] = true
		for _, other := range d.Panels[:i] {
			a, b := p.GridPos, other.GridPos
			if a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H {
				t.Errorf("%s lies over %s", p.Title, other.Title)
			}
		}
		if p.Type == "row" {
			continue
		}
		if p.Description == "" || len(p.Targets) == 0 || p.Datasource.UID != "${datasource}" {
			t.Errorf("%s lacks a description, a query or the data source's variable", p.Title)
		}
		for _, target := range p.Targets {
			if target.Datasource.UID != "${datasource}" {
				t.Errorf("%s asks another data source", p.Title)
			}
			check(p.Title, target.Expr)
		}
	}
	for _, annotation := range d.Annotations.List {
		check("annotation", annotation.Expr)
	}
	for name := range series {
		if strings.HasPrefix(name, "carto_") && !strings.HasSuffix(name, "_sum") && !strings.HasSuffix(name, "_count") && !used[name] {
			t.Errorf("no panel shows %s", name)
		}
	}
}
