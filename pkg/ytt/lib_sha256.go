package ytt

import (
	"crypto/sha256"
	"encoding/hex"

	"go.starlark.net/starlark"
)

func init() {
	modules["sha256"] = newModule("sha256", map[string]builtinFunc{
		"sum": func(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
			var s string
			if err := starlark.UnpackPositionalArgs("sha256.sum", args, kwargs, 1, &s); err != nil {
				return nil, err
			}
			if err := m.text(len(s)); err != nil { // it is copied
				return nil, err
			}
			sum := sha256.Sum256([]byte(s))
			return starlark.String(hex.EncodeToString(sum[:])), nil
		},
	})
}
