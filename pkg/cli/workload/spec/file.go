package spec

import (
	"context"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/manifest"
)

// load reads the one Workload of a file, of a URL, or of standard input for "-".
func (o *Options) load(ctx context.Context) (*unstructured.Unstructured, error) {
	name, data, err := manifest.Read(ctx, o.Streams, o.File)
	if err != nil {
		return nil, err
	}
	return parse(name, data)
}

func parse(name string, data []byte) (*unstructured.Unstructured, error) {
	docs, err := manifest.Parse(name, data)
	if err != nil {
		return nil, err
	}
	switch len(docs) {
	case 0:
		return nil, fmt.Errorf("%s: holds no document; it must hold exactly one Workload", name)
	case 1:
	default:
		return nil, fmt.Errorf("%s:%d: a second document begins here; the file must hold exactly one Workload", name, docs[1].Line)
	}
	doc := docs[0]
	if got := doc.APIVersion() + " " + doc.Kind(); got != v1alpha1.GroupVersion.String()+" "+v1alpha1.KindWorkload {
		return nil, doc.Errorf("kind", "is %q; it must be %s %s", strings.TrimSpace(got), v1alpha1.GroupVersion, v1alpha1.KindWorkload)
	}
	return &unstructured.Unstructured{Object: doc.Object}, doc.Into(&v1alpha1.Workload{})
}

// FromText reads the one Workload of a text and checks it as a whole, as create does.
// namespace is for one that names none; name is what errors call the text.
func FromText(name string, text []byte, namespace string) (*unstructured.Unstructured, error) {
	obj, err := parse(name, text)
	if err != nil {
		return nil, err
	}
	if obj.GetNamespace() == "" {
		obj.SetNamespace(namespace)
	}
	obj.Object = Written(obj)
	return obj, cmdutil.Usage(append(checkName(obj), check(obj)...))
}
