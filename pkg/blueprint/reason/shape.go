package reason

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/quantity"
)

// shape is what the view of an owner (stamp.View) can have at a place.
type shape struct {
	// states that are possible where the part above is there.
	states states
	// fields of an object; what is not named here is always missing, unless each says what
	// there can be under any other name.
	fields map[string]*shape
	each   *shape
	// names to invent for an object that has to have something, whatever it is.
	names []string
	// example is a text for this place that a person would find likely.
	example string
	// blank says that an empty text is the same as none.
	blank bool
	// given is preferred to null: authors write it.
	given bool
	// accepts says which texts there can be; nil accepts all.
	accepts func(string) bool
	// open places are not modelled: everything is thought possible, and nothing is invented.
	open bool
}

func text(example string) *shape {
	return &shape{states: states{text: anyText}, example: example, blank: true}
}

func pointer(example string) *shape {
	return &shape{states: states{null: true, text: anyText}, example: example}
}

func constant(value string) *shape { return &shape{states: states{text: only(value)}} }

func record(optional bool, fields map[string]*shape) *shape {
	return &shape{states: states{null: optional, other: true}, fields: fields}
}

// mapping has entries under any name, and is null without any.
func mapping(each *shape, names ...string) *shape {
	return &shape{states: states{null: true, other: true}, each: each, names: names}
}

// inside is a part of what is encoded as JSON: it is missing when it is empty.
func inside(s *shape) *shape {
	s.states.missing, s.states.null = true, false
	return s
}

var (
	entry = &shape{states: states{missing: true, text: anyText}, example: "x"}
	list  = &shape{states: states{null: true, other: true}, names: []string{item("x")}}
	open  = &shape{states: anything, open: true}

	metadataShape = record(false, map[string]*shape{
		"name":            {states: states{text: anyText}, example: "example", accepts: isName},
		"namespace":       text("example"),
		"generateName":    text("example-"),
		"labels":          mapping(entry, "example.com/any"),
		"annotations":     mapping(entry, "example.com/any"),
		"selfLink":        constant(""),
		"uid":             open,
		"resourceVersion": open, "generation": open, "creationTimestamp": open, "deletionTimestamp": open,
		"finalizers": open, "ownerReferences": open,
	})
	sourceShape = record(true, map[string]*shape{
		"git": record(true, map[string]*shape{
			"url": pointer("https://git.example/app.git"),
			"ref": record(true, map[string]*shape{"branch": pointer("main"), "tag": pointer("v1"), "commit": pointer("1f3e5a7")}),
		}),
		"image":   pointer("registry.example/source:v1"),
		"subPath": pointer("app"),
	})
	// paramsShape is of a list whose items are found by their names, see item.
	paramsShape = mapping(inside(&shape{
		states: states{other: true},
		fields: map[string]*shape{
			"name":  open,
			"value": {states: states{null: true, text: anyText, other: true}, each: anyValue, names: []string{"x"}, example: "x", given: true},
		},
		names: []string{"value"},
	}), item("x"))
	quantities = inside(mapping(inside(&shape{states: states{text: anyText}, example: "1", accepts: isQuantity}), "cpu", "memory"))
	resources  = record(true, map[string]*shape{"limits": quantities, "requests": quantities, "claims": open})
	// anyValue is JSON of which nothing is known.
	anyValue = func() *shape {
		s := &shape{states: states{missing: true, null: true, text: anyText, other: true}, names: []string{"x"}, example: "x"}
		s.each = s
		return s
	}()
)

// shapes of owners by kind.
var shapes = map[string]*shape{
	v1alpha1.KindWorkload: owner(v1alpha1.KindWorkload, map[string]*shape{
		"params": paramsShape, "source": sourceShape, "serviceAccountName": text("deployer"),
		"image": pointer("registry.example/app:v1"),
		"build": record(false, map[string]*shape{"env": list}), "env": list, "serviceClaims": list,
		"resources": resources,
	}),
	v1alpha1.KindDeliverable: owner(v1alpha1.KindDeliverable, map[string]*shape{
		"params": paramsShape, "source": sourceShape, "serviceAccountName": text("deployer"),
	}),
}

func owner(kind string, spec map[string]*shape) *shape {
	return record(false, map[string]*shape{
		"apiVersion": constant(v1alpha1.GroupVersion.String()), "kind": constant(kind),
		"metadata": metadataShape, "spec": record(false, spec), "status": open,
	})
}

func isName(text string) bool { return len(validation.IsDNS1123Subdomain(text)) == 0 }

// isQuantity says whether a quantity can have the text: one that is written otherwise, such
// as 1000m, is 1 in the view of an owner.
func isQuantity(text string) bool {
	q, err := quantity.Parse(text)
	return err == nil && q.String() == text
}

// below is the shape of a part; nil when there never is such a part.
func (s *shape) below(name string) *shape {
	if s.open {
		return open
	}
	if field, ok := s.fields[name]; ok {
		return field
	}
	if s.each != nil && isItem(name) == s.ofItems() {
		return s.each
	}
	return nil
}

// ofItems tells a list whose items have names from an object.
func (s *shape) ofItems() bool { return len(s.names) > 0 && isItem(s.names[0]) }

// item is the step of a path to the item of a list that has a name.
func item(name string) string { return "[" + name + "]" }

func isItem(step string) bool { return strings.HasPrefix(step, "[") }
