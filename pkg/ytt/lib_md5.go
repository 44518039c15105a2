package ytt

import (
	"crypto/md5"
	"encoding/hex"

	"go.starlark.net/starlark"
)

func init() {
	modules["md5"] = newModule("md5", map[string]builtinFunc{
		"sum": func(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
			var s string
			if err := starlark.UnpackPositionalArgs("md5.sum", args, kwargs, 1, &s); err != nil {
				return nil, err
			}
			if err := m.text(len(s)); err != nil { // it is copied
				return nil, err
			}
			sum := md5.Sum([]byte(s))
			return starlark.String(hex.EncodeToString(sum[:])), nil
		},
	})
}
