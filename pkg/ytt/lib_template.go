package ytt

import "go.starlark.net/starlark"

func init() {
	modules["template"] = newModule("template", map[string]builtinFunc{
		"replace": func(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
			var v starlark.Value
			if err := starlark.UnpackPositionalArgs("template.replace", args, kwargs, 1, &v); err != nil {
				return nil, err
			}
			return replaced, m.replace(v)
		},
	})
}
