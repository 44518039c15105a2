package ytt

import (
	"fmt"
	"regexp"
	"strconv"

	"go.starlark.net/starlark"
)

// version of ytt whose language this engine speaks.
var version = [3]int{0, 49, 0}

// semanticVersion has numbers that fit an int; what follows them decides nothing here,
// because a pre-release comes before the release, which is what is there.
var semanticVersion = regexp.MustCompile(`^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`)

func init() {
	modules["version"] = newModule("version", map[string]builtinFunc{
		"require_at_least": func(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
			var wanted string
			if err := starlark.UnpackPositionalArgs("version.require_at_least", args, kwargs, 1, &wanted); err != nil {
				return nil, err
			}
			if err := m.parseable(wanted); err != nil {
				return nil, err
			}
			numbers := semanticVersion.FindStringSubmatch(wanted)
			if numbers == nil {
				return nil, fmt.Errorf("%q is no version, such as 0.49.0", wanted)
			}
			for i, have := range version {
				if want, _ := strconv.Atoi(numbers[i+1]); want < have {
					break
				} else if want > have {
					return nil, fmt.Errorf("the template needs ytt %s or later; this engine does what %d.%d.%d does", wanted, version[0], version[1], version[2])
				}
			}
			return starlark.None, nil
		},
	})
}
