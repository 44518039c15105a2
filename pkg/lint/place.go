package lint

import "github.com/carto-run/carto/pkg/manifest"

// Place is where a finding is: an object and a path in it.
type Place struct {
	Object *Object
	// Path of the field; empty for the object as a whole.
	Path string
	// Range, when it is known better than by the path.
	Range manifest.Range
}

// Key is the place of a field's key, or of an item of a list.
func (o *Object) Key(path string) Place { return Place{o, path, o.Doc.Key(path)} }

// Value is the place of a field's value.
func (o *Object) Value(path string) Place { return Place{o, path, o.Doc.Value(path)} }

// At is what to underline of a field: its value where that stands on the line of the key, else
// the key. Where the path leads further than the document, it is the deepest part there is.
func (o *Object) At(path string) Place {
	key, value := o.Doc.Key(path), o.Doc.Value(path)
	if value.Start.Line == key.Start.Line && value.End.Line == value.Start.Line {
		key = value
	}
	return Place{o, path, key}
}

// InText is the place of a part of a text that a field holds, by byte offsets.
func (o *Object) InText(path string, from, to int) Place {
	return Place{o, path, o.Doc.InText(path, from, to)}
}

// Line is the place of a line, from 1, of a text that a field holds.
func (o *Object) Line(path string, line int) Place {
	return Place{o, path, o.Doc.LineInText(path, line)}
}
