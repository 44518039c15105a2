package ytt

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
)

// modules that can be loaded as @ytt:NAME; data, which belongs to a render, comes on top.
var modules = map[string]*starlarkstruct.Module{}

// refusedModules exist in ytt, but not here.
var refusedModules = map[string]string{
	"library": "it loads other files, and a template has none",
}

// newModule makes a module whose functions name themselves in errors.
func newModule(name string, functions map[string]builtinFunc) *starlarkstruct.Module {
	members := make(starlark.StringDict, len(functions))
	for function, f := range functions {
		members[function] = newBuiltin(name+"."+function, f)
	}
	return &starlarkstruct.Module{Name: name, Members: members}
}

const modulePrefix = "@ytt:"

// checkLoad says whether load(module, name) can work.
func checkLoad(module, name string) error {
	short, ok := strings.CutPrefix(module, modulePrefix)
	if !ok {
		return fmt.Errorf("load of %q: only modules that begin with %s can be loaded; a template has no other files", module, modulePrefix)
	}
	if why, refused := refusedModules[short]; refused {
		return fmt.Errorf("load of %q is not supported: %s", module, why)
	}
	if _, known := modules[short]; !known && short != "data" {
		names := append(slices.Collect(maps.Keys(modules)), "data")
		slices.Sort(names)
		return fmt.Errorf("unknown module %q (hint: there are %s)", module, strings.Join(names, ", "))
	}
	if name != short {
		return fmt.Errorf("module %q has no %q (hint: load(%q, %q))", module, name, module, short)
	}
	return nil
}

// dataModule gives templates their values.
func dataModule(values starlark.Value) *starlarkstruct.Module {
	refuse := func(name string) *starlark.Builtin {
		return newBuiltin("data."+name, func(*machine, starlark.Tuple, []starlark.Tuple) (starlark.Value, error) {
			return nil, fmt.Errorf("not supported: a template can not read files")
		})
	}
	return &starlarkstruct.Module{Name: "data", Members: starlark.StringDict{"values": values, "list": refuse("list"), "read": refuse("read")}}
}
