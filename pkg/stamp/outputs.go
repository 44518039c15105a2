package stamp

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// Output is a value that was read from a stamped object.
type Output struct {
	Name  string
	Value any
}

type outputPath struct {
	name  string
	field string // of the template; empty where only the text matters
	text  string
	path  *Path // nil when it is invalid
	err   error
}

func (t *Template) addOutput(name, field, expression string) {
	o := outputPath{name: name, field: field, text: expression}
	if o.path, o.err = ParsePath(expression); o.err != nil {
		t.problem("OUT001", field, o.err.Error())
	}
	t.outputs = append(t.outputs, o)
}

// PathError says which path of a template does not lead to a value.
type PathError struct {
	Path string
	Err  error
}

func (e *PathError) Error() string { return fmt.Sprintf("path %s: %v", brief(e.Path), e.Err) }
func (e *PathError) Unwrap() error { return e.Err }

var errNoValue = errors.New("it leads to nothing")

func (o *outputPath) read(object map[string]any) (any, Found, error) {
	if o.err != nil {
		return nil, Missing, &PathError{o.text, o.err}
	}
	value, found, err := o.path.Lookup(object)
	if err == nil && found == Missing {
		err = errNoValue
	}
	if err != nil {
		return nil, Missing, &PathError{o.text, err}
	}
	return value, found, nil
}

// Outputs reads the outputs of a stamped object (spec: reconcile §12). Errors are
// *PathError. A null is no error, and no output either, but for url and revision, where
// it is a value.
func (t *Template) Outputs(object map[string]any) ([]Output, error) {
	var outputs []Output
	for i := range t.outputs {
		value, found, err := t.outputs[i].read(object)
		if err != nil {
			return nil, err
		}
		if found == Null && t.Kind != v1alpha1.KindClusterSourceTemplate {
			continue
		}
		outputs = append(outputs, Output{t.outputs[i].name, value})
	}
	return outputs, nil
}

// OutputPath is where a stamped object has an output.
type OutputPath struct {
	Name string
	// Path as the template has it, nil when it is none, and the field that holds it.
	Path        *Path
	Text, Field string
}

// OutputPaths lists where stamped objects have the outputs of the template.
func (t *Template) OutputPaths() []OutputPath {
	paths := make([]OutputPath, len(t.outputs))
	for i, o := range t.outputs {
		paths[i] = OutputPath{Name: o.name, Path: o.path, Text: o.text, Field: o.field}
	}
	return paths
}

// FirstOutputPath is the path that messages name when no object can be read; empty for
// kinds without one.
func (t *Template) FirstOutputPath() string {
	if len(t.outputs) == 0 {
		return ""
	}
	return t.outputs[0].text
}

// completion says when a deployment is complete.
type completion struct {
	matches           [][2]outputPath
	succeeded, failed *completionValue
}

type completionValue struct {
	key   outputPath
	value string
}

func (t *Template) compileCompletion(spec *v1alpha1.DeploymentTemplateSpec) *completion {
	path := func(field, expression string) outputPath {
		o := outputPath{text: expression}
		if o.path, o.err = ParsePath(expression); o.err != nil {
			t.problem("OUT008", field, o.err.Error())
		}
		return o
	}
	c := &completion{}
	for i, m := range spec.ObservedMatches {
		field := fmt.Sprintf("spec.observedMatches[%d]", i)
		c.matches = append(c.matches, [2]outputPath{path(field+".input", m.Input), path(field+".output", m.Output)})
	}
	if o := spec.ObservedCompletion; o != nil {
		c.succeeded = &completionValue{path("spec.observedCompletion.succeeded.key", o.SucceededCondition.Key), o.SucceededCondition.Value}
		if o.FailedCondition != nil {
			c.failed = &completionValue{path("spec.observedCompletion.failed.key", o.FailedCondition.Key), o.FailedCondition.Value}
		}
	}
	return c
}

// CompletionError says that a deployment is not complete, with the reason of its
// condition.
type CompletionError struct{ Reason, Message string }

func (e *CompletionError) Error() string { return e.Reason + ": " + e.Message }

var (
	generationPath, _ = ParsePath("metadata.generation")
	observedPath, _   = ParsePath("status.observedGeneration")
)

// Completion returns nil when the deployment that the object makes is complete, else a
// *CompletionError or *PathError (spec: reconcile §12.1). Without a criterion it is
// complete at once.
func (t *Template) Completion(object map[string]any) error {
	if t.completion == nil {
		return nil
	}
	if t.completion.succeeded != nil {
		return t.completion.observe(object)
	}
	for i := range t.completion.matches {
		input, output := &t.completion.matches[i][0], &t.completion.matches[i][1]
		in, inFound, inErr := input.read(object)
		out, outFound, outErr := output.read(object)
		if inErr != nil && outErr != nil {
			return &CompletionError{v1alpha1.ReasonConditionNotMet, fmt.Sprintf("there is no value at [%s], and none at [%s]: if that stays so, the paths are wrong", input.text, output.text)}
		}
		if inErr != nil || outErr != nil || inFound != outFound || !equality.Semantic.DeepEqual(in, out) {
			return &CompletionError{v1alpha1.ReasonConditionNotMet, fmt.Sprintf("the value at [%s], %s, does not equal the value at [%s], %s",
				input.text, show(in, inErr), output.text, show(out, outErr))}
		}
	}
	return nil
}

func show(value any, err error) string {
	if err != nil {
		return "none"
	}
	return fmt.Sprintf("%v", value)
}

func (c *completion) observe(object map[string]any) error {
	generation, found, err := generationPath.Lookup(object)
	if err != nil || found == Missing {
		return &PathError{generationPath.String(), errNoValue}
	}
	observed, found, err := observedPath.Lookup(object)
	if err != nil || found == Missing {
		return &CompletionError{v1alpha1.ReasonTemplateStampFailure, "the object has no status.observedGeneration, by which observedCompletion could tell that its status is current"}
	}
	if !equality.Semantic.DeepEqual(generation, observed) {
		return &CompletionError{v1alpha1.ReasonConditionNotMet, fmt.Sprintf("status.observedGeneration is %v, but metadata.generation is %v: the status is not current yet", observed, generation)}
	}
	if c.failed != nil {
		value, found, err := c.failed.key.read(object)
		var path *PathError
		switch {
		case errors.As(err, &path) && errors.Is(path.Err, errNoValue): // a missing path has not failed
		case err != nil:
			return err
		case found == Present && value == c.failed.value:
			return &CompletionError{v1alpha1.ReasonFailedConditionMet, fmt.Sprintf("the deployment has failed: [%s] is %q", c.failed.key.text, c.failed.value)}
		}
	}
	value, _, err := c.succeeded.key.read(object)
	if err != nil || value != c.succeeded.value {
		return &CompletionError{v1alpha1.ReasonConditionNotMet, fmt.Sprintf("[%s] is %s, expected %q", c.succeeded.key.text, show(value, err), c.succeeded.value)}
	}
	return nil
}

// maxPreview is the length of a preview in bytes.
const maxPreview = 1024

// maxEncoded is how long the YAML of an output may be. Each line is indented by its depth: a few
// kilobytes of braces within braces can become gigabytes.
const maxEncoded = 32 << 20

// DigestAndPreview describe a value in a status (spec: status §2.4). Values whose YAML is longer
// than 32 MiB have neither.
func DigestAndPreview(value any) (digest, preview string, err error) {
	d := &describer{sum: sha256.New()}
	if err := encodeYAML(d, value); err != nil {
		return "", "", err
	}
	cut := d.head
	if len(cut) > maxPreview {
		end := maxPreview
		for end > 0 && !utf8.RuneStart(cut[end]) {
			end--
		}
		cut = cut[:end]
	}
	return "sha256:" + hex.EncodeToString(d.sum.Sum(nil)), string(cut), nil
}

// describer keeps of what is written its digest and its beginning.
type describer struct {
	sum  hash.Hash
	head []byte // one byte more than a preview, if there is one
	size int
}

var errTooLong = fmt.Errorf("it would be longer than %d MiB as YAML", maxEncoded>>20)

// Write implements io.Writer.
func (d *describer) Write(text []byte) (int, error) {
	if d.size += len(text); d.size > maxEncoded {
		return 0, errTooLong
	}
	if room := maxPreview + 1 - len(d.head); room > 0 {
		d.head = append(d.head, text[:min(room, len(text))]...)
	}
	return d.sum.Write(text)
}

// encodeYAML encodes a value as digests are made of it. Numbers are encoded as the
// floats that a plain JSON decoder makes of them, which is what the digests of the
// original are of.
func encodeYAML(w io.Writer, value any) error {
	// Most outputs are such texts, and the encoder takes 20 KiB of memory to begin with.
	if text, ok := value.(string); ok && isPlain(text) {
		_, err := io.WriteString(w, text+"\n")
		return err
	}
	encoder := yaml.NewEncoder(w)
	if err := encoder.Encode(asFloats(value)); err != nil {
		return err
	}
	return encoder.Close()
}

// isPlain says of a text that it is sure to be written in YAML as it is. It begins with a letter,
// so that it can not be taken for a number or a time.
func isPlain(text string) bool {
	if text == "" || len(text) > maxPreview || !isLetter(text[0]) || text[len(text)-1] == ':' {
		return false
	}
	for i := range len(text) {
		if c := text[i]; !isLetter(c) && (c < '0' || c > '9') && strings.IndexByte("-._/:@", c) < 0 {
			return false
		}
	}
	switch strings.ToLower(text) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		return false
	}
	return true
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func asFloats(value any) any {
	switch v := value.(type) {
	case int64:
		return float64(v)
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = asFloats(item)
		}
		return list
	case map[string]any:
		m := make(map[string]any, len(v))
		for key, item := range v {
			m[key] = asFloats(item)
		}
		return m
	}
	return value
}
