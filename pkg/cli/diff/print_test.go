package diff

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/streams"
	"github.com/carto-run/carto/pkg/impact"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// found has everything that can be found.
func found() *impact.Impact {
	config := func(text string) map[string]any {
		return map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "cart"}, "data": map[string]any{"text": text}}
	}
	object := func(step, kind, name string, change impact.Change) impact.Object {
		return impact.Object{Step: step, APIVersion: "v1", Kind: kind, Resource: "configmaps", Namespace: "shop", Name: name, Change: change}
	}
	changed := object("text", "ConfigMap", "cart", impact.Changed)
	changed.Fields, changed.Before, changed.After = []string{"data.text"}, config("hello"), config("bye \x1b[31m")
	many := object("many", "ConfigMap", "many", impact.Changed)
	many.Fields, many.Before, many.After = []string{"a", "b", "c", "d", "e", "f"}, config("1"), config("2")
	run := object("test", "TaskRun", "cart-1a2b", impact.Created)
	run.APIVersion, run.Resource, run.Run, run.AsRendered, run.After = "tekton.dev/v1", "taskruns.tekton.dev", true, true, map[string]any{"kind": "TaskRun"}
	gone := object("old", "ConfigMap", "old", impact.Removed)
	gone.Before = config("gone")
	return &impact.Impact{
		APIVersion: impact.APIVersion, Kind: impact.Kind,
		Summary: impact.Summary{Templates: 3, Blueprints: 1, Owners: 3, Changed: 2, Created: 1, Removed: 1, Failing: 2, Pending: 4},
		Files: []impact.File{
			{Kind: "ClusterConfigTemplate", Name: "text", File: "templates.yaml", Line: 1, Change: impact.Changed},
			{Kind: "ClusterConfigTemplate", Name: "same", File: "templates.yaml", Line: 12, Change: impact.Unchanged},
			{Kind: "Workload", Namespace: "shop", Name: "new", File: "workload.yaml", Line: 1, Change: impact.Created},
			{Kind: "ClusterTemplate", Name: "old", Change: impact.Removed},
		},
		Owners: []impact.Owner{
			{
				Kind: "Workload", Namespace: "shop", Name: "cart", Blueprint: "web", BlueprintBefore: "plain",
				Objects: []impact.Object{changed, many, run, gone},
				Steps: []impact.Step{
					{Step: "copy", State: impact.Follows, From: []string{"test"}}, {Step: "late", State: impact.Waits, From: []string{"copy", "test"}},
					{Step: "slow", State: impact.NoOutput}, {Step: "dark", State: impact.Unread}, {Step: "well", State: impact.Recovers},
					{Step: "bad", State: impact.Fails, Reason: &impact.Reason{Reason: "TemplateStampFailure", Message: "cannot stamp\nanything \x1b]0;title\a"}},
				},
			},
			{Kind: "Workload", Namespace: "shop", Name: "lost", BlueprintBefore: "plain", Objects: []impact.Object{}, Stops: &impact.Reason{Reason: "SupplyChainNotFound", Message: "none selects it"}},
			{Kind: "Workload", Namespace: "shop", Name: "quiet", Blueprint: "web", BlueprintBefore: "web", Objects: []impact.Object{}},
		},
		Degraded: []impact.Degraded{{Verb: "patch", Resource: "configmaps", Namespace: "shop", Forbidden: true, Message: "no permission to patch configmaps in namespace shop", Objects: 1}},
	}
}

// TestPrint prints everything in each format, with and without a terminal.
func TestPrint(t *testing.T) {
	t.Parallel()
	nothing := &impact.Impact{APIVersion: impact.APIVersion, Kind: impact.Kind, Files: []impact.File{}, Owners: []impact.Owner{}}
	for name, tc := range map[string]struct {
		format   string
		affected bool
		found    *impact.Impact
	}{
		"text": {"", false, found()}, "affected": {"", true, found()}, "name": {"name", false, found()}, "owners": {"name", true, found()},
		"json": {"json", false, found()}, "affected-yaml": {"yaml", true, found()}, "nothing": {"text", false, nothing},
	} {
		for _, tty := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s, _, out, errOut := streams.Test()
				file := name + ".golden"
				if tty {
					s.SetTTY(80, 24)
					file = name + ".tty.golden"
				}
				o := &Options{Session: cmdutil.Session{Streams: s}, Affected: tc.affected, Output: cmdutil.NewOutputFlags("", formatText, formatName)}
				o.Output.Set(tc.format)
				if err := o.print(tc.found); err != nil {
					t.Fatal(err)
				}
				golden(t, file, out.String()+"-- stderr --\n"+errOut.String())
			})
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run with -update and look at the difference\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

// TestShape: a program can read back what -o json prints.
func TestShape(t *testing.T) {
	t.Parallel()
	encoded, err := json.Marshal(found())
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(encoded))
	decoder.DisallowUnknownFields()
	back := &impact.Impact{}
	if err := decoder.Decode(back); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(back)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(encoded, again) {
		t.Errorf("got  %s\nwant %s", again, encoded)
	}
}

// TestProgress: the line is drawn for each percent on a terminal, wiped away in the end, and
// never in a pipe.
func TestProgress(t *testing.T) {
	t.Parallel()
	for _, tty := range []bool{false, true} {
		s, _, _, errOut := streams.Test()
		want := ""
		if tty {
			s.SetTTY(80, 24)
			want = "\r\x1b[KReading the cluster\r\x1b[KLooked at 0 of 300 owners\r\x1b[KLooked at 3 of 300 owners\r\x1b[KLooked at 300 of 300 owners\r\x1b[K"
		}
		p := newProgress(s)
		for _, done := range []int{0, 1, 2, 3, 3, 300} {
			p.show(done, 300)
		}
		p.end()
		if got := errOut.String(); got != want {
			t.Errorf("terminal %t: got %q, want %q", tty, got, want)
		}
	}
}
