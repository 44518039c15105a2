package stamp

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	utiljson "k8s.io/apimachinery/pkg/util/json"
)

// Limits of rendering: bodies and values come from tenants.
const (
	// maxDepth of a body; the API server itself refuses deeper objects.
	maxDepth = 500
	// maxOutput is the size of a rendered object in bytes, roughly. etcd takes 1.5 MiB.
	maxOutput = 4 << 20
)

// program renders a body: a skeleton with $(...)$ tags, or ytt.
type program interface {
	render(ctx context.Context, c *scope) (any, *RenderError)
	tags() []Tag
}

// RenderError says where a body could not be rendered, and why.
type RenderError struct {
	// Location in the body: spec.containers[0].image; empty when it concerns the whole.
	Location string
	// Tag is the expression that failed; empty when no tag is to blame.
	Tag string
	// WaitsFor is the resource whose output is missing; empty for all other causes.
	WaitsFor string
	Err      error
}

func (e *RenderError) Error() string {
	var where []string
	if e.Location != "" {
		where = append(where, "at "+e.Location)
	}
	if e.Tag != "" {
		where = append(where, "tag $("+brief(e.Tag)+")$")
	}
	if len(where) == 0 {
		return e.Err.Error()
	}
	return strings.Join(where, ", ") + ": " + e.Err.Error()
}

func (e *RenderError) Unwrap() error { return e.Err }

func (e *RenderError) under(prefix string) *RenderError {
	switch {
	case e.Location == "" || strings.HasPrefix(e.Location, "["):
		e.Location = prefix + e.Location
	default:
		e.Location = prefix + "." + e.Location
	}
	return e
}

// skeleton is a compiled $(...)$ body.
type skeleton struct {
	root node
	all  []Tag
}

func (s *skeleton) render(_ context.Context, c *scope) (any, *RenderError) { return s.root.render(c) }
func (s *skeleton) tags() []Tag                                            { return s.all }

// broken is a body that can never be rendered.
type broken struct{ err error }

func (b broken) render(context.Context, *scope) (any, *RenderError) {
	return nil, &RenderError{Err: b.err}
}
func (broken) tags() []Tag { return nil }

// node is a part of a compiled body.
type node interface {
	render(s *scope) (any, *RenderError)
}

type (
	literal struct{ value any } // nothing to replace below
	single  struct{ tag *Tag }
	mixed   struct{ parts []part }
	mapping struct {
		keys   []string // in a fixed order, so that the same error is reported each time
		values []node
	}
	sequence []node
)

func (n literal) render(s *scope) (any, *RenderError) {
	return runtime.DeepCopyJSONValue(n.value), nil
}

func (n single) render(s *scope) (any, *RenderError) {
	value, failure := n.tag.resolve(s)
	if failure != nil {
		return nil, failure
	}
	exported, failure := s.export(value, dropNulls)
	if failure != nil {
		failure.Tag = n.tag.Expression
	}
	return exported, failure
}

func (n mixed) render(s *scope) (any, *RenderError) {
	var b strings.Builder
	for _, p := range n.parts {
		if p.tag == nil {
			b.WriteString(p.literal)
			continue
		}
		text, failure := p.tag.inText(s)
		if failure != nil {
			return nil, failure
		}
		b.WriteString(text)
		if failure := s.spend(len(text)); failure != nil {
			failure.Tag = p.tag.Expression
			return nil, failure
		}
	}
	return b.String(), nil
}

// render leaves null entries out: the API server drops them for most fields, and
// refuses them for some (spec: reconcile §6.4).
func (n mapping) render(s *scope) (any, *RenderError) {
	m := make(map[string]any, len(n.keys))
	for i, key := range n.keys {
		value, failure := n.values[i].render(s)
		if failure != nil {
			return nil, failure.under(quoteKey(key))
		}
		if value != nil {
			m[key] = value
		}
	}
	return m, nil
}

func (n sequence) render(s *scope) (any, *RenderError) {
	list := make([]any, len(n))
	for i, item := range n {
		value, failure := item.render(s)
		if failure != nil {
			return nil, failure.under(fmt.Sprintf("[%d]", i))
		}
		list[i] = value
	}
	return list, nil
}

var plainKey = regexp.MustCompile(`^[A-Za-z0-9_/-]+$`)

func quoteKey(key string) string {
	if plainKey.MatchString(key) {
		return key
	}
	return "['" + key + "']"
}

var errBodyIsList = errors.New("the template must be an object, but is a list")

// compileSkeleton compiles the JSON text of a body.
func compileSkeleton(raw []byte) (*skeleton, error) {
	var value any
	if err := utiljson.Unmarshal(raw, &value); err != nil {
		return nil, fmt.Errorf("the template is no valid JSON: %w", err)
	}
	if _, isList := value.([]any); isList {
		return nil, errBodyIsList
	}
	if _, ok := value.(map[string]any); !ok {
		return nil, fmt.Errorf("the template must be an object, but is %s", kindOf(value))
	}
	s := &skeleton{}
	var err error
	s.root, err = s.compile(value, "", 0)
	return s, err
}

func (s *skeleton) compile(value any, location string, depth int) (node, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("the template is nested deeper than %d levels", maxDepth)
	}
	switch v := value.(type) {
	case string:
		parts, one := splitTags(v, location)
		found := false
		for _, p := range parts {
			if p.tag != nil {
				s.all = append(s.all, *p.tag)
				found = true
			}
		}
		switch {
		case one:
			return single{parts[0].tag}, nil
		case found:
			return mixed{parts}, nil
		}
	case []any:
		list, hasTags := make(sequence, len(v)), false
		for i, item := range v {
			n, err := s.compile(item, fmt.Sprintf("%s[%d]", location, i), depth+1)
			if err != nil {
				return nil, err
			}
			list[i] = n
			hasTags = hasTags || !isLiteral(n)
		}
		if hasTags {
			return list, nil
		}
	case map[string]any:
		m, hasTags := mapping{}, false
		for key := range v {
			m.keys = append(m.keys, key)
		}
		sort.Strings(m.keys)
		for _, key := range m.keys {
			n, err := s.compile(v[key], join(location, quoteKey(key)), depth+1)
			if err != nil {
				return nil, err
			}
			m.values = append(m.values, n)
			hasTags = hasTags || !isLiteral(n)
		}
		if hasTags {
			return m, nil
		}
	}
	return literal{WithoutNulls(value)}, nil
}

func isLiteral(n node) bool { _, ok := n.(literal); return ok }

func join(location, key string) string {
	if location == "" || strings.HasPrefix(key, "[") {
		return location + key
	}
	return location + "." + key
}

// WithoutNulls drops null entries of maps, in place, as the API server would.
func WithoutNulls(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key, item := range v {
			if item == nil {
				delete(v, key)
				continue
			}
			v[key] = WithoutNulls(item)
		}
	case []any:
		for i := range v {
			v[i] = WithoutNulls(v[i])
		}
	}
	return value
}

// What export does with null entries of maps.
const (
	dropNulls = true
	keepNulls = false
)

// export copies a value out of the scope: unset fields of a view are left out, as they
// are in JSON, and the copy shares nothing with the original.
func (s *scope) export(value any, drop bool) (any, *RenderError) {
	switch v := plain(value).(type) {
	case map[string]any:
		if v == nil {
			return nil, nil
		}
		m := make(map[string]any, len(v))
		for key, item := range v {
			if _, isUnset := item.(unset); isUnset || drop && item == nil {
				continue
			}
			copied, failure := s.export(item, drop)
			if failure != nil {
				return nil, failure
			}
			m[key] = copied
		}
		return m, s.spend(2 + 4*len(m))
	case []any:
		if v == nil {
			return nil, nil
		}
		list := make([]any, len(v))
		for i, item := range v {
			copied, failure := s.export(item, drop)
			if failure != nil {
				return nil, failure
			}
			list[i] = copied
		}
		return list, s.spend(2 + len(list))
	case string:
		return v, s.spend(len(v))
	default:
		return v, s.spend(8)
	}
}

var errTooLarge = errors.New("the rendered object would be larger than 4 MiB")

// spend counts what the rendered object costs.
func (s *scope) spend(bytes int) *RenderError {
	if s.spent += bytes; s.spent > maxOutput {
		return &RenderError{Err: errTooLarge}
	}
	return nil
}
