package ytt

import (
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"go.starlark.net/starlark"
)

// match finds the left items that a right item is about, and checks how many they are
// (spec: ytt §12.3, §12.4). Skip says that there is nothing to do.
func (o overlay) match(parent, right *node, defaults counts) (matched []int, skip bool, err error) {
	args, err := keywordsOf(right, overlayMatch)
	if err != nil {
		return nil, false, err
	}
	if args == nil && right.kind == sequenceItem {
		return nil, false, nil // an array item is new unless it says which it means
	}
	matched, err = o.find(parent, right, args)
	if err != nil {
		return nil, false, err
	}
	skip, err = o.count(parent, matched, defaults.with(args))
	return matched, skip, err
}

// find gives the positions of the left items that match.
func (o overlay) find(parent, right *node, args keywordValues) ([]int, error) {
	matches, err := o.matcherOf(right, args["by"])
	if err != nil {
		return nil, err
	}
	var matched []int
	for i, left := range parent.children {
		key := left.key
		if left.kind != mapItem {
			key = int64(i)
		}
		ok, err := matches(key, left.value)
		if err != nil {
			return nil, againstLeft(left, err)
		}
		if ok {
			matched = append(matched, i)
		}
	}
	return matched, nil
}

// matcherOf is the test of a right item for a left one.
func (o overlay) matcherOf(right *node, by starlark.Value) (func(key, value any) (bool, error), error) {
	name, isName := by.(starlark.String)
	f, isFunction := by.(starlark.Callable)
	switch {
	case by == nil && right.kind == mapItem:
		return func(key, _ any) (bool, error) { return key == right.key, o.look(1, 0) }, nil
	case by == nil && right.kind == document:
		return nil, errors.New("it does not say which left documents it means (hint: #@overlay/match by=overlay.subset({...}), or by=overlay.all)")
	case by == nil:
		return nil, errors.New("overlay/match needs by= on an array item (hint: by=\"name\", by=overlay.index(0), by=overlay.subset({...}), or a function)")
	case isName && right.kind == document:
		return nil, errors.New("by= of a document is a function, not a string (hint: by=overlay.subset({...}))")
	case isName:
		f = mapKeyMatcher(string(name))
	case !isFunction:
		return nil, fmt.Errorf("by= is %s, not a %s", map[bool]string{true: "a function", false: "the name of a map key or a function"}[right.kind == document], by.Type())
	}
	return func(key, value any) (bool, error) { return o.matches(f, key, value, right.value) }, nil
}

// matches asks a matcher.
func (o overlay) matches(f starlark.Callable, key, left, right any) (bool, error) {
	if err := o.look(1, 0); err != nil {
		return false, err
	}
	if own, ok := f.(*matcher); ok {
		return own.match(o, key, left, right)
	}
	v, err := o.call(f, key, left, right)
	if err != nil {
		return false, err
	}
	b, ok := v.(starlark.Bool)
	if !ok {
		return false, fmt.Errorf("the matcher %s returned a %s, not True or False", f.Name(), v.Type())
	}
	return bool(b), nil
}

// againstLeft says with which left item a matcher failed.
func againstLeft(left *node, err error) error {
	var inner *starlark.EvalError
	var limit *LimitError
	if left.line == 0 || errors.As(err, &inner) || errors.As(err, &limit) {
		return err
	}
	return fmt.Errorf("%w (on the left: line %d)", err, left.line)
}

// counts are the values of expects=, missing_ok= and when= in force.
type counts map[string]starlark.Value

// with are the counts of an item that has the arguments.
func (c counts) with(args keywordValues) counts {
	own := maps.Clone(c)
	for _, name := range countKeywords {
		if v, given := args[name]; given {
			if own == nil {
				own = counts{}
			}
			own[name] = v
		}
	}
	return own
}

// below are the defaults for the children of an item. Each keyword is handed down by
// itself.
func (c counts) below(right *node) (counts, error) {
	args, err := keywordsOf(right, overlayDefaults)
	if err != nil {
		return nil, err
	}
	if _, err := counts(nil).with(args).inForce(); err != nil {
		return nil, fmt.Errorf("%s: %w", overlayDefaults, err)
	}
	return c.with(args), nil
}

// inForce is the one keyword that is given; empty for none.
func (c counts) inForce() (string, error) {
	found := ""
	for _, name := range countKeywords {
		if _, given := c[name]; !given {
			continue
		}
		if found != "" {
			return "", fmt.Errorf("%s= and %s= can not stand together (those that match-child-defaults hands down count)", found, name)
		}
		found = name
	}
	return found, nil
}

// count checks the number of matches.
func (o overlay) count(parent *node, matched []int, c counts) (skip bool, err error) {
	keyword, err := c.inForce()
	if err != nil {
		return false, err
	}
	wanted, hint := starlark.Value(starlark.MakeInt(1)), ""
	switch keyword {
	case "":
		hint = " (hint: #@overlay/match expects=\"1+\" takes all of them)"
		if len(matched) == 0 {
			hint = " (hint: #@overlay/match missing_ok=True allows that)"
		}
	case "missing_ok":
		missingOK, _, err := keywordValues(c).flag(keyword)
		if err != nil {
			return false, err
		}
		if missingOK {
			wanted = starlark.Tuple{starlark.MakeInt(0), starlark.MakeInt(1)}
		}
	default:
		wanted = c[keyword]
	}
	ok, err := o.fits(keyword, wanted, len(matched))
	switch {
	case err != nil:
		return false, err
	case ok || keyword == "when":
		return !ok, nil
	}
	return false, fmt.Errorf("expected the number of matching left %ss to be %s, but it was %d%s%s", itemKind(parent), wantedText(wanted), len(matched), leftLines(parent, matched), hint)
}

func itemKind(parent *node) kind {
	return map[kind]kind{documentSet: document, mapping: mapItem, sequence: sequenceItem}[parent.kind]
}

// fits says whether a number of matches is one of those that a keyword allows.
func (o overlay) fits(keyword string, wanted starlark.Value, found int) (bool, error) {
	switch wanted.(type) {
	case *starlark.List, starlark.Tuple:
	default:
		return o.fitsOne(keyword, wanted, found)
	}
	items := wanted.(starlark.Sequence).Iterate()
	defer items.Done()
	for item := starlark.Value(nil); items.Next(&item); {
		if err := o.look(1, 0); err != nil {
			return false, err
		}
		if ok, err := o.fitsOne(keyword, item, found); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

func (o overlay) fitsOne(keyword string, wanted starlark.Value, found int) (bool, error) {
	switch wanted := wanted.(type) {
	case starlark.Int:
		n, fits := wanted.Int64()
		return fits && n == int64(found), nil
	case starlark.String:
		if number, ok := strings.CutSuffix(string(wanted), "+"); ok {
			if least, err := strconv.ParseUint(number, 10, 32); err == nil {
				return uint64(found) >= least, nil
			}
		}
		return false, fmt.Errorf("%s=%s is no number of matches (hint: \"1+\" means one or more)", keyword, wanted)
	case starlark.Callable:
		v, err := o.call(wanted, int64(found))
		if err != nil {
			return false, err
		}
		b, ok := v.(starlark.Bool)
		if !ok {
			return false, fmt.Errorf("the function %s of %s= returned a %s, not True or False", wanted.Name(), keyword, v.Type())
		}
		return bool(b), nil
	}
	return false, fmt.Errorf("%s= is a number, a string such as \"1+\", a function, or a list of these, not a %s", keyword, wanted.Type())
}

// maxNamed is how many alternatives or lines an error lists.
const maxNamed = 10

func wantedText(wanted starlark.Value) string {
	switch wanted := wanted.(type) {
	case starlark.Int:
		return wanted.String()
	case starlark.String:
		return strings.TrimSuffix(string(wanted), "+") + " or more"
	case starlark.Callable:
		return "what " + wanted.Name() + " accepts"
	case starlark.Indexable:
		var names []string
		for i := range min(wanted.Len(), maxNamed) {
			names = append(names, wantedText(wanted.Index(i)))
		}
		return "one of (" + strings.Join(names, ", ") + ")"
	}
	return wanted.Type()
}

// leftLines lists where the matches stand in the template.
func leftLines(parent *node, matched []int) string {
	var lines []string
	for _, i := range matched {
		if line := parent.children[i].line; line > 0 && len(lines) < maxNamed {
			lines = append(lines, strconv.Itoa(line))
		}
	}
	if lines == nil {
		return ""
	}
	return " (lines: " + strings.Join(lines, ", ") + ")"
}
