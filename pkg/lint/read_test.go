package lint

import (
	"strings"
	"testing"
)

// TestReplaced: of an object that the files define and the cluster has, the one of the files
// counts; a file may leave the namespace open.
func TestReplaced(t *testing.T) {
	t.Parallel()
	set := ReadFiles([]File{
		{Name: "remote-1", Remote: true, Data: []byte(`{"apiVersion":"carto.run/v1alpha1","kind":"ClusterTemplate","metadata":{"name":"a"}}`)},
		{Name: "remote-2", Remote: true, Data: []byte(`{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"a","namespace":"shop"}}`)},
		{Name: "remote-3", Remote: true, Data: []byte(`{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"b","namespace":"shop"}}`)},
		{Name: "remote-4", Remote: true, Data: []byte("a: [")},
		{Name: "crds", Remote: true, Schemas: true, Data: []byte("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: c}\n")},
		{Name: "local.yaml", Data: []byte("apiVersion: carto.run/v1alpha1\nkind: ClusterTemplate\nmetadata: {name: a}\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\n")},
	})
	var names []string
	for _, o := range set.Objects {
		names = append(names, o.Doc.File+" "+o.String())
	}
	if got, want := strings.Join(names, ", "), "remote-3 ServiceAccount/b, local.yaml ClusterTemplate/a, local.yaml ServiceAccount/a"; got != want {
		t.Errorf("got %s", got)
	}
	if template := set.Template("ClusterTemplate", "a"); template == nil || template.Remote || len(set.Templates) != 1 {
		t.Errorf("got %+v of %d", template, len(set.Templates))
	}
	if len(set.Faults) != 0 || len(set.RemoteFaults) != 1 {
		t.Errorf("%d faults, %d remote ones", len(set.Faults), len(set.RemoteFaults))
	}
}
