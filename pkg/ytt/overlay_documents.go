package ytt

import (
	"errors"
	"slices"

	"go.starlark.net/starlark"
)

// applyOverlayDocuments applies the documents of a result that have @overlay/match, in
// order, to all others that are not empty; they are no result themselves (spec: ytt
// §12.8). The error is an *Error.
func applyOverlayDocuments(m *machine, docs []*node) ([]*node, error) {
	isOverlay := func(d *node) bool { return !d.injected && d.annotated(overlayMatch) != nil }
	if !slices.ContainsFunc(docs, isOverlay) {
		return docs, nil
	}
	o := overlay{m}
	m.convert()
	// Functions of the annotations still run, and expect a tree that is being built.
	m.begin()
	defer m.done()
	set := &node{kind: documentSet}
	for _, d := range docs {
		if isOverlay(d) || d.isEmpty() {
			continue
		}
		left, err := o.rebuild(d, 1, withoutOverlay)
		if err != nil {
			return nil, m.documentError(d, err)
		}
		if left.isEmpty() { // a computed {}, which is printed
			left = d
		}
		set.children = append(set.children, left)
	}
	for _, d := range docs {
		if !isOverlay(d) {
			continue
		}
		right, err := o.rebuild(d, 1, knownAnnotations)
		if err == nil {
			err = o.item(set, right, nil, 1)
		}
		if err != nil {
			return nil, m.documentError(d, err)
		}
	}
	return set.children, nil
}

// documentError is an error with the line of a document, below those of the functions
// that failed.
func (m *machine) documentError(d *node, err error) error {
	frame := m.template.text.frame("<toplevel>", d.line)
	var eval *starlark.EvalError
	var failed *Error
	if errors.As(err, &eval) && errors.As(m.template.runtimeError(m, err), &failed) {
		failed.Problems[0].Frames = append(failed.Problems[0].Frames, frame)
		return failed
	}
	e := &Error{Problems: []Problem{{Message: shorten(within(d, err).Error()), Frames: []Frame{frame}}}}
	var limit *LimitError
	if errors.As(err, &limit) {
		e.cause = limit
	}
	return e
}
