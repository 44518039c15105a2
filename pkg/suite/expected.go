package suite

import (
	"fmt"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/carto-run/carto/pkg/manifest"
)

// expectation is an expected object in a file.
type expectation struct {
	path, shown string
	data        []byte
	doc         manifest.Document
}

// readExpected reads the one object that must be stamped.
func (f Files) readExpected(path string) (*expectation, error) {
	data, err := f.read(path)
	if err != nil {
		return nil, err
	}
	e := &expectation{path: path, shown: f.show(path), data: data}
	docs, err := manifest.Parse(e.shown, data)
	switch {
	case err != nil:
		return nil, err
	case len(docs) != 1:
		return nil, fmt.Errorf("%s holds %d objects; one is needed", e.shown, len(docs))
	}
	e.doc = docs[0]
	return e, nil
}

// compare gives the failure of an object that is not as expected; nil when it is.
func (e *expectation) compare(actual map[string]any, o *compareOptions) *Failure {
	return o.compare(&e.doc, "", e.doc.Object, actual)
}

// compare gives the failure of an object that is not as a document, or the part of it at a
// path, says; nil when it is.
func (o *compareOptions) compare(doc *manifest.Document, at string, expected, actual map[string]any) *Failure {
	expected, actual = o.comparable(expected), o.comparable(actual)
	found := differences("", expected, actual)
	if len(found) == 0 {
		return nil
	}
	for i := range found {
		found[i].Line = lineOf(doc, at, found[i].Path)
	}
	return &Failure{
		Message: "the stamped object is not as expected", File: doc.File,
		Differences: found, Expected: expected, Actual: actual,
	}
}

// lineOf is the line of the value at a path below another, or of what is nearest above it.
func lineOf(doc *manifest.Document, at, path string) int {
	if at != "" && !strings.HasPrefix(path, "[") {
		at += "."
	}
	return doc.Key(at + path).Start.Line
}

// edit is the file with the object in it. What is not compared stays as it was.
func (e *expectation) edit(actual map[string]any, o *compareOptions) ([]byte, error) {
	content, err := rewrite(e.data, func(root *yamlv3.Node) error { return setValue(root, o.writable(e.doc.Object, actual)) })
	if err != nil {
		return nil, fmt.Errorf("cannot rewrite %s: %w", e.shown, err)
	}
	return content, nil
}

// newExpected is the content of a file that is not there yet.
func newExpected(actual map[string]any, o *compareOptions) ([]byte, error) {
	node, err := nodeOf(o.writable(nil, actual))
	if err != nil {
		return nil, err
	}
	return printNode(node, false, false)
}

// writable is the actual object, with the expected one's fields where they are not compared.
func (o *compareOptions) writable(expected, actual map[string]any) map[string]any {
	exact := *o
	exact.NamedCMPOptionFuncs = nil
	written := exact.comparable(actual)
	old, ok := runtime.DeepCopyJSON(expected)["metadata"].(map[string]any)
	if !ok {
		return written
	}
	if isTrue(o.IgnoreMetadata) {
		written["metadata"] = old
		return written
	}
	metadata, ok := written["metadata"].(map[string]any)
	if !ok {
		metadata = map[string]any{}
	}
	fields := o.IgnoreMetadataFields
	if isTrue(o.IgnoreLabels) {
		fields = append(fields[:len(fields):len(fields)], "labels")
	}
	if isTrue(o.IgnoreOwnerRefs) {
		fields = append(fields[:len(fields):len(fields)], "ownerReferences")
	}
	for _, field := range fields {
		if value, there := old[field]; there {
			metadata[field] = value
		}
	}
	if len(metadata) > 0 {
		written["metadata"] = metadata
	}
	return written
}
