package ytt

import (
	"errors"
	"fmt"

	"go.starlark.net/starlark"
)

func init() {
	module := newModule("overlay", map[string]builtinFunc{
		"apply":   overlayApply,
		"index":   overlayIndex,
		"map_key": overlayMapKey,
		"subset":  overlaySubset,
		"and_op": combined("overlay.and_op", func(o overlay, all []starlark.Callable, key, left, right any) (bool, error) {
			return o.until(false, all, key, left, right)
		}),
		"or_op": combined("overlay.or_op", func(o overlay, all []starlark.Callable, key, left, right any) (bool, error) {
			return o.until(true, all, key, left, right)
		}),
		"not_op": combined("overlay.not_op", func(o overlay, all []starlark.Callable, key, left, right any) (bool, error) {
			ok, err := o.matches(all[0], key, left, right)
			return !ok, err
		}),
	})
	module.Members["all"] = &matcher{name: "overlay.all", match: func(overlay, any, any, any) (bool, error) { return true, nil }}
	modules["overlay"] = module
}

func overlayApply(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if len(args) == 0 || len(kwargs) > 0 {
		return nil, errors.New("want the left value, and the values to apply to it in order: overlay.apply(left, right)")
	}
	o := overlay{m}
	m.convert()
	result, err := o.side(args[0])
	if err != nil {
		return nil, fmt.Errorf("the left value: %w", err)
	}
	if result != nil {
		if result, err = o.rebuild(result, 0, withoutOverlay); err != nil {
			return nil, err
		}
	}
	for i, arg := range args[1:] {
		right, err := o.side(arg)
		switch {
		case err != nil:
			return nil, fmt.Errorf("argument %d: %w", i+2, err)
		case right == nil && arg == starlark.None:
			return nil, fmt.Errorf("argument %d: None can not be applied (hint: does the function return before its YAML?)", i+2)
		case right == nil: // a function that made no YAML changes nothing
			continue
		}
		if result, err = o.apply(result, right); err != nil {
			return nil, err
		}
	}
	return m.newFragment(result), nil
}

// side is the tree of an argument of overlay.apply; nil for null.
func (o overlay) side(v starlark.Value) (*node, error) {
	if f, ok := v.(*listFragment); ok {
		return f.n, nil
	}
	value, err := o.toTree(v)
	if err != nil {
		return nil, err
	}
	n, ok := value.(*node)
	if !ok && value != nil {
		return nil, fmt.Errorf("expected a map, array or document set, was %s", typeName(value))
	}
	return n, nil
}

// matcher is a test of left items that the module makes. It is a function for the
// program as well.
type matcher struct {
	name string
	// nested counts the matchers one in another.
	nested int
	match  func(o overlay, key, left, right any) (bool, error)
}

var _ starlark.Callable = (*matcher)(nil)

func (f *matcher) Name() string          { return f.name }
func (f *matcher) String() string        { return "<built-in function " + f.name + ">" }
func (f *matcher) Type() string          { return "builtin_function_or_method" }
func (f *matcher) Freeze()               {} // it can not be changed
func (f *matcher) Truth() starlark.Bool  { return true }
func (f *matcher) Hash() (uint32, error) { return starlark.String(f.name).Hash() }

func (f *matcher) CallInternal(thread *starlark.Thread, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var key, left, right starlark.Value
	if err := starlark.UnpackPositionalArgs(f.name, args, kwargs, 3, &key, &left, &right); err != nil {
		return nil, err
	}
	o := overlay{machineOf(thread)}
	if !isScalar(key) {
		return nil, fmt.Errorf("%s: the first argument is an index or a key, not a %s", f.name, key.Type())
	}
	var values [3]any
	for i, v := range []starlark.Value{key, left, right} {
		var err error
		if values[i], err = o.toTree(v); err != nil {
			return nil, named(f.name, err)
		}
	}
	ok, err := f.match(o, values[0], values[1], values[2])
	return starlark.Bool(ok), named(f.name, err)
}

func overlayIndex(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var i int
	if err := starlark.UnpackPositionalArgs("overlay.index", args, kwargs, 1, &i); err != nil {
		return nil, err
	}
	if i < 0 {
		return nil, fmt.Errorf("an index counts from 0; %d matches nothing", i)
	}
	return &matcher{name: "overlay.index", match: func(_ overlay, key, _, _ any) (bool, error) { return key == int64(i), nil }}, m.spend(nodeCost)
}

func overlayMapKey(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var name string
	if err := starlark.UnpackPositionalArgs("overlay.map_key", args, kwargs, 1, &name); err != nil {
		return nil, err
	}
	return mapKeyMatcher(name), m.spend(nodeCost)
}

// mapKeyMatcher matches maps that have the same under a key.
func mapKeyMatcher(name string) *matcher {
	return &matcher{name: "overlay.map_key", match: func(o overlay, _, left, right any) (bool, error) {
		r, isMap := right.(*node)
		if !isMap || r.kind != mapping {
			return false, fmt.Errorf("to match by the key '%s' the right value must be a map, and is %s", name, typeName(right))
		}
		l, isMap := left.(*node)
		if !isMap || l.kind != mapping {
			return false, nil
		}
		at, of := l.find(name), r.find(name)
		switch {
		case of < 0:
			return false, fmt.Errorf("the right map has no key '%s' to match by", name)
		case at < 0:
			return false, fmt.Errorf("a left map has no key '%s' to match by", name)
		}
		return o.equal(l.children[at].value, r.children[of].value)
	}}
}

func overlaySubset(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var v starlark.Value
	if err := starlark.UnpackPositionalArgs("overlay.subset", args, kwargs, 1, &v); err != nil {
		return nil, err
	}
	want, err := m.toTree(v)
	if err != nil {
		return nil, err
	}
	return &matcher{name: "overlay.subset", match: func(o overlay, _, left, _ any) (bool, error) { return o.contains(left, want, 0) }}, m.spend(nodeCost)
}

// combined makes a matcher of others.
func combined(name string, match func(o overlay, all []starlark.Callable, key, left, right any) (bool, error)) builtinFunc {
	return func(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		switch {
		case len(kwargs) > 0 || len(args) == 0:
			return nil, errors.New("want one matcher or more, without names")
		case name == "overlay.not_op" && len(args) > 1:
			return nil, fmt.Errorf("want one matcher, got %d", len(args))
		}
		all := make([]starlark.Callable, len(args))
		nested := 0
		for i, arg := range args {
			f, ok := arg.(starlark.Callable)
			if !ok {
				return nil, fmt.Errorf("want matchers, that is functions of index, left and right value; argument %d is a %s", i+1, arg.Type())
			}
			if own, ok := f.(*matcher); ok {
				nested = max(nested, own.nested+1)
			}
			all[i] = f
		}
		if nested > m.limits.CallDepth { // the interpreter does not see these calls
			return nil, exceeds("depth of calls", m.limits.CallDepth, "")
		}
		return &matcher{name: name, nested: nested, match: func(o overlay, key, left, right any) (bool, error) {
			return match(o, all, key, left, right)
		}}, m.entries(len(all), nodeCost)
	}
}

// until asks matchers until one gives the answer.
func (o overlay) until(answer bool, all []starlark.Callable, key, left, right any) (bool, error) {
	for _, f := range all {
		ok, err := o.matches(f, key, left, right)
		if ok == answer || err != nil {
			return ok, err
		}
	}
	return !answer, nil
}
