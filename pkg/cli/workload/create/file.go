package create

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	sigsjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// maxFile bounds what is read: the API server takes 3 MiB at most.
const maxFile = 3 << 20

// load reads the one Workload of a file, or of standard input for "-". Every error
// begins with the place: FILE:LINE.
func (o *Options) load(ctx context.Context) (*unstructured.Unstructured, error) {
	name := o.File
	var data []byte
	var err error
	if o.File == "-" {
		name = "standard input"
		data, err = o.Streams.ReadAll(ctx)
	} else {
		data, err = readFile(o.File)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", name, err)
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s: larger than %d bytes", name, maxFile)
	}
	return parse(name, data)
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, maxFile+1))
}

var yamlLine = regexp.MustCompile(`^(?:error converting YAML to JSON: )?yaml: (?:unmarshal errors:\s+)?line (\d+): `)

// at rewrites "yaml: line N: …" to "FILE:N: …". base is the line on which the document
// begins, less one.
func at(name string, err error, base int) error {
	text := err.Error()
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		var line int
		_, _ = fmt.Sscan(m[1], &line)
		return fmt.Errorf("%s:%d: %s", name, base+line, strings.TrimPrefix(text, m[0]))
	}
	return fmt.Errorf("%s: %s", name, strings.TrimPrefix(text, "yaml: "))
}

func parse(name string, data []byte) (*unstructured.Unstructured, error) {
	// yaml.v3 gives positions and documents; the conversion below is that of kubectl,
	// so that `on` means the same to both.
	decoder := yamlv3.NewDecoder(bytes.NewReader(data))
	var docs []*yamlv3.Node
	for {
		node := &yamlv3.Node{}
		err := decoder.Decode(node)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, at(name, err, 0)
		}
		if len(node.Content) == 1 && node.Content[0].Tag != "!!null" {
			docs = append(docs, node.Content[0])
		}
	}
	switch {
	case len(docs) == 0:
		return nil, fmt.Errorf("%s: holds no document; it must hold exactly one Workload", name)
	case len(docs) > 1:
		return nil, fmt.Errorf("%s:%d: a second document begins here; the file must hold exactly one Workload", name, docs[1].Line)
	case docs[0].Kind != yamlv3.MappingNode:
		return nil, fmt.Errorf("%s:%d: is no object; it must be a Workload", name, docs[0].Line)
	}

	// The position of the document's text: what is before it is only comments and
	// separators, so the whole text converts as one document.
	raw, err := yaml.YAMLToJSONStrict(onlyDocument(data))
	if err != nil {
		return nil, at(name, err, 0)
	}
	obj := &unstructured.Unstructured{}
	if err := sigsjson.UnmarshalCaseSensitivePreserveInts(raw, &obj.Object); err != nil {
		return nil, fmt.Errorf("%s:%d: %w", name, docs[0].Line, err)
	}
	if got := obj.GetAPIVersion() + " " + obj.GetKind(); got != v1alpha1.GroupVersion.String()+" "+v1alpha1.KindWorkload {
		line := docs[0].Line
		if n := find(docs[0], "kind"); n != nil {
			line = n.Line
		}
		return nil, fmt.Errorf("%s:%d: is %q; it must be %s %s", name, line, strings.TrimSpace(got), v1alpha1.GroupVersion, v1alpha1.KindWorkload)
	}
	strict, err := sigsjson.UnmarshalStrict(raw, &v1alpha1.Workload{})
	if err != nil {
		return nil, fmt.Errorf("%s:%d: %w", name, docs[0].Line, err)
	}
	var faults []error
	for _, s := range strict {
		line := docs[0].Line
		if m := quotedPath.FindStringSubmatch(s.Error()); m != nil {
			if n := find(docs[0], m[1]); n != nil {
				line = n.Line
			}
		}
		faults = append(faults, fmt.Errorf("%s:%d: %w", name, line, s))
	}
	return obj, errors.Join(faults...)
}

var quotedPath = regexp.MustCompile(`"([^"]+)"`)

// onlyDocument blanks separators, so that the parser of kubectl, which reads the first
// document only, sees the one that is not empty, on the same lines.
func onlyDocument(data []byte) []byte {
	lines := bytes.Split(data, []byte("\n"))
	for i, l := range lines {
		if t := bytes.TrimRight(l, " \r\t"); bytes.Equal(t, []byte("---")) || bytes.Equal(t, []byte("...")) {
			lines[i] = nil
		}
	}
	return bytes.Join(lines, []byte("\n"))
}

// find follows a path like spec.env[0].name to its key, as far as it goes.
func find(node *yamlv3.Node, path string) *yamlv3.Node {
	var key *yamlv3.Node
	for _, step := range strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		var next *yamlv3.Node
		switch node.Kind {
		case yamlv3.MappingNode:
			for i := 0; i+1 < len(node.Content); i += 2 {
				if node.Content[i].Value == step {
					key, next = node.Content[i], node.Content[i+1]
				}
			}
		case yamlv3.SequenceNode:
			var i int
			if _, err := fmt.Sscan(step, &i); err == nil && i >= 0 && i < len(node.Content) {
				key, next = node.Content[i], node.Content[i]
			}
		}
		if next == nil {
			return key
		}
		node = next
	}
	return key
}
