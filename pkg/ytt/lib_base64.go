package ytt

import (
	"encoding/base64"
	"fmt"

	"go.starlark.net/starlark"
)

func init() {
	modules["base64"] = newModule("base64", map[string]builtinFunc{
		"encode": func(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
			s, encoding, err := base64Arguments("base64.encode", args, kwargs)
			if err != nil {
				return nil, err
			}
			if err := m.text(encoding.EncodedLen(len(s))); err != nil {
				return nil, err
			}
			return starlark.String(encoding.EncodeToString([]byte(s))), nil
		},
		"decode": func(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
			s, encoding, err := base64Arguments("base64.decode", args, kwargs)
			if err != nil {
				return nil, err
			}
			if err := m.text(encoding.DecodedLen(len(s))); err != nil {
				return nil, err
			}
			decoded, err := encoding.DecodeString(s)
			return starlark.String(decoded), err
		},
	})
}

func base64Arguments(name string, args starlark.Tuple, kwargs []starlark.Tuple) (string, *base64.Encoding, error) {
	var s string
	var url, raw, strict bool
	if len(args) > 1 {
		return "", nil, fmt.Errorf("got %d arguments, want 1; url, raw and strict are keywords", len(args))
	}
	if err := starlark.UnpackArgs(name, args, kwargs, "value", &s, "url?", &url, "raw?", &raw, "strict?", &strict); err != nil {
		return "", nil, err
	}
	encoding := base64.StdEncoding
	if url {
		encoding = base64.URLEncoding
	}
	if raw {
		encoding = encoding.WithPadding(base64.NoPadding)
	}
	if strict {
		encoding = encoding.Strict()
	}
	return s, encoding, nil
}
