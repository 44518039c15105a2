package diff

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/streams"
)

// TestRead reads files, folders, lists and standard input.
func TestRead(t *testing.T) {
	t.Parallel()
	const template = "apiVersion: carto.run/v1alpha1\nkind: ClusterTemplate\nmetadata: {name: NAME}\nspec: {ytt: x}\n"
	named := func(name string) string { return "# NAME\n" + strings.ReplaceAll(template, "NAME", name) }
	for _, tc := range []struct {
		reason string
		files  map[string]string
		stdin  string
		paths  []string
		want   []string // KIND NAMESPACE/NAME FILE:LINE, and accounts
		talk   string
		fault  string
	}{
		{
			reason: "a folder and those within it, by name; nothing hidden, nothing else",
			files:  map[string]string{"b.yml": named("b"), "a/c.json": `{"apiVersion":"carto.run/v1alpha1","kind":"ClusterTemplate","metadata":{"name":"c"}}`, ".git/d.yaml": "{", ".e.yaml": "{", "README.md": "# {"},
			paths:  []string{"."},
			want:   []string{"ClusterTemplate /c a/c.json:1", "ClusterTemplate /b b.yml:2"},
		},
		{
			reason: "standard input: owners get the namespace in use, templates have none",
			stdin:  "apiVersion: carto.run/v1alpha1\nkind: Workload\nmetadata: {name: w}\n---\n" + strings.ReplaceAll(template, "NAME", "t, namespace: nonsense") + "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: sa}\n",
			paths:  []string{"-"},
			want:   []string{"Workload shop/w standard input:1", "ClusterTemplate /t standard input:5", "account shop/sa"},
		},
		{
			reason: "the items of a list, and what is of no interest",
			files:  map[string]string{"l.yaml": "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: carto.run/v1alpha1, kind: ClusterTemplate, metadata: {name: x}}\n- {apiVersion: v1, kind: Secret, metadata: {name: y}}\n"},
			paths:  []string{"l.yaml"},
			want:   []string{"ClusterTemplate /x l.yaml:4"},
			talk:   "Left out, as not of carto.run: objects of kind Secret\n",
		},
		{
			reason: "all faults of all files at once",
			files:  map[string]string{"a.yaml": "kind: [", "b.yaml": "apiVersion: v1\nkind: List\nitems:\n- 1\n- {apiVersion: carto.run/v1alpha1, kind: ClusterTemplate}\n", "c.yaml": strings.ReplaceAll(template, "NAME", "x") + "more: 1\n"},
			paths:  []string{"a.yaml", "b.yaml", "c.yaml"},
			fault:  "a.yaml:1: did not find expected node content\nb.yaml:3: the list holds something that is no object\nc.yaml:5: unknown field \"more\"",
		},
		{reason: "an empty folder", files: map[string]string{"a/x.txt": ""}, paths: []string{"a"}, fault: "a: no template, blueprint or owner of carto.run/v1alpha1 in it"},
		{reason: "nothing of interest", files: map[string]string{"a.yaml": "kind: X"}, paths: []string{"a.yaml"}, fault: "a.yaml: no template, blueprint or owner of carto.run/v1alpha1 in it"},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for name, text := range tc.files {
				path := filepath.Join(dir, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			s, in, _, errOut := streams.Test()
			in.WriteString(tc.stdin)
			o := &Options{Session: cmdutil.Session{Streams: s}, namespace: "shop"}
			for _, path := range tc.paths {
				if path != "-" {
					path = filepath.Join(dir, path)
				}
				o.Files = append(o.Files, path)
			}
			query, err := o.read(t.Context())
			fault := ""
			if err != nil {
				fault = err.Error()
			}
			if fault = strings.ReplaceAll(fault, dir+"/", ""); fault != tc.fault {
				t.Errorf("got\n%s\nwant\n%s", fault, tc.fault)
			}
			if errOut.String() != tc.talk {
				t.Errorf("it said %q, want %q", errOut, tc.talk)
			}
			if query == nil {
				return
			}
			var got []string
			for _, g := range query.Given {
				file := strings.ReplaceAll(g.File, dir+"/", "")
				got = append(got, g.Object.GetKind()+" "+g.Object.GetNamespace()+"/"+g.Object.GetName()+" "+file+":"+string(rune('0'+g.Line)))
			}
			for _, a := range query.Accounts {
				got = append(got, "account "+a.String())
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
