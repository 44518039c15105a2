package ytt

import (
	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
)

func init() {
	modules["module"] = newModule("module", map[string]builtinFunc{
		"make": func(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
			var name string
			if err := starlark.UnpackPositionalArgs("module.make", args, nil, 1, &name); err != nil {
				return nil, err
			}
			if err := m.entries(len(kwargs), dictEntry); err != nil {
				return nil, err
			}
			members := make(starlark.StringDict, len(kwargs))
			for _, pair := range kwargs {
				members[string(pair[0].(starlark.String))] = pair[1]
			}
			return &starlarkstruct.Module{Name: name, Members: members}, nil
		},
	})
}
