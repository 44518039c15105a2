package v1alpha1

import "encoding/json"

// FreeForm is a JSON object whose content the API does not look into: the skeleton of
// a template. It keeps the text as it came, so that nothing is lost on the way.
//
// +kubebuilder:pruning:PreserveUnknownFields
type FreeForm struct {
	// Raw is the JSON text of the object.
	Raw []byte `json:"-"`
}

// MarshalJSON returns the text as it came; the empty value is {}.
func (f FreeForm) MarshalJSON() ([]byte, error) {
	if len(f.Raw) == 0 {
		return []byte("{}"), nil
	}
	return f.Raw, nil
}

// UnmarshalJSON keeps a copy of the text. That it is an object is the schema's rule;
// readers of files have to check it themselves.
func (f *FreeForm) UnmarshalJSON(text []byte) error {
	f.Raw = append(f.Raw[:0:0], text...)
	return nil
}

var (
	_ json.Marshaler   = FreeForm{}
	_ json.Unmarshaler = (*FreeForm)(nil)
)
