package lint

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/carto-run/carto/pkg/manifest"
	"github.com/carto-run/carto/pkg/ytt"
)

// readYtt finds what a ytt body reads.
func (t *Template) readYtt() {
	if t.Spec.Ytt == "" {
		return
	}
	analysis, err := ytt.Analyze([]byte(t.Spec.Ytt), ytt.Options{})
	if err != nil {
		return // the engine has said so
	}
	t.Ytt = analysis
	for _, r := range analysis.Reads {
		t.Reads = append(t.Reads, Read{
			Names: r.Names, Whole: r.Whole, Expression: r.Expression,
			Guarded: isGuarded(r), Into: r.Into,
			Place: t.InYtt(r.Place),
		})
	}
}

// isGuarded says that the body looks for the value, or for what it is a part of. A look at
// the root alone proves nothing where that always is there.
func isGuarded(r ytt.Read) bool {
	switch r.Names[0] {
	case "workload", "deliverable", "params":
		return r.Tested >= 2 || r.Tested == len(r.Names)
	}
	return r.Tested >= 1
}

// Literals are the documents of a ytt body without its code: what is computed is null, and
// documents of functions are among them. Their positions are those of the body.
func (t *Template) Literals() []*manifest.Document {
	docs, _ := manifest.ParseAll("", []byte(t.Spec.Ytt))
	return docs
}

// Written is the one document of a ytt body without its code, when the body makes an object of a
// kind that is certain; nil for others. What is in it can still depend on code around it: see
// Certain.
func (t *Template) Written() *manifest.Document {
	if !t.stamps.known || t.Ytt == nil {
		return nil
	}
	var written *manifest.Document
	docs, faults := manifest.ParseAll("", []byte(t.Spec.Ytt))
	for _, doc := range docs {
		switch {
		case len(doc.Object) == 0:
		case written != nil:
			return nil
		default:
			written = doc
		}
	}
	if len(faults) > 0 { // a key that occurs twice, in blocks of code that exclude each other
		return nil
	}
	return written
}

// Certain is a value that a ytt body writes out in plain words, and that all samples have; false
// for what code makes, or leaves out in some of them.
func (t *Template) Certain(written *manifest.Document, path ...string) (value any, certain bool) {
	value, found := field(written.Object, path)
	if text, isText := value.(string); isText && strings.Contains(text, "(@") {
		return nil, false
	}
	for _, object := range t.Objects() {
		if rendered, has := field(object, path); has != found || !equality.Semantic.DeepEqual(rendered, value) {
			return nil, false
		}
	}
	return value, len(t.Objects()) > 0
}

func field(object map[string]any, path []string) (value any, found bool) {
	value = object
	for _, name := range path {
		fields, isObject := value.(map[string]any)
		if value, found = fields[name]; !isObject || !found {
			return nil, false
		}
	}
	return value, true
}

// WrittenIn is the place in the file of a field that a ytt body writes out.
func (t *Template) WrittenIn(written *manifest.Document, path string) Place {
	return t.Line(yttPath, written.Key(path).Start.Line)
}

// InYtt is a place of the ytt body in the file.
func (t *Template) InYtt(at ytt.Place) Place { return t.InText(yttPath, at.Offset, at.End) }

// ReadsAll says that the body may read anything at or below a path: it uses the value
// there, or one above it, as a whole, or with an index, a filter or a name that only
// stamping tells. It is true of a body that can not be understood. Together, what Reads
// lists and ReadsAll are all that the body can read.
func (t *Template) ReadsAll(names ...string) bool {
	if t.Spec.Ytt != "" {
		return t.Ytt == nil || t.Ytt.ReadsAll(names...)
	}
	if t.Body == nil {
		return true
	}
	return slices.ContainsFunc(t.Reads, func(r Read) bool {
		return !r.Key && len(r.Names) <= len(names) && slices.Equal(r.Names, names[:len(r.Names)])
	})
}

// CanRead says that the body reads a value at or below a path, or may do so.
func (t *Template) CanRead(names ...string) bool {
	return t.ReadsAll(names...) || slices.ContainsFunc(t.Reads, func(r Read) bool {
		return !r.Key && len(r.Names) >= len(names) && slices.Equal(r.Names[:len(names)], names)
	})
}
