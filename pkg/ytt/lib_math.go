package ytt

import (
	"errors"
	"fmt"
	"math"

	"go.starlark.net/starlark"
)

func init() {
	functions := map[string]builtinFunc{
		"ceil":  toInteger("math.ceil", math.Ceil),
		"floor": toInteger("math.floor", math.Floor),
		"log":   logarithm,
	}
	for name, f := range map[string]func(float64) float64{
		"fabs": math.Abs, "round": math.Round, "sqrt": math.Sqrt, "exp": math.Exp,
		"sin": math.Sin, "cos": math.Cos, "tan": math.Tan, "asin": math.Asin, "acos": math.Acos, "atan": math.Atan,
		"sinh": math.Sinh, "cosh": math.Cosh, "tanh": math.Tanh, "asinh": math.Asinh, "acosh": math.Acosh, "atanh": math.Atanh,
		"degrees": func(x float64) float64 { return x / (math.Pi / 180) },
		"radians": func(x float64) float64 { return x * (math.Pi / 180) },
		"gamma":   math.Gamma,
	} {
		functions[name] = func(_ *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
			var x float
			if err := starlark.UnpackPositionalArgs("math."+name, args, kwargs, 1, &x); err != nil {
				return nil, err
			}
			return starlark.Float(f(float64(x))), nil
		}
	}
	for name, f := range map[string]func(x, y float64) float64{
		"pow": math.Pow, "mod": math.Mod, "remainder": math.Remainder, "copysign": math.Copysign, "hypot": math.Hypot, "atan2": math.Atan2,
	} {
		functions[name] = func(_ *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
			var x, y float
			if err := starlark.UnpackPositionalArgs("math."+name, args, kwargs, 2, &x, &y); err != nil {
				return nil, err
			}
			return starlark.Float(f(float64(x), float64(y))), nil
		}
	}
	module := newModule("math", functions)
	module.Members["pi"], module.Members["e"] = starlark.Float(math.Pi), starlark.Float(math.E)
	modules["math"] = module
}

// float is an argument that may be an int as well.
type float float64

// Unpack implements starlark.Unpacker.
func (f *float) Unpack(v starlark.Value) error {
	x, ok := starlark.AsFloat(v)
	if !ok {
		return fmt.Errorf("got %s, want float or int", v.Type())
	}
	if _, isInt := v.(starlark.Int); isInt && math.IsInf(x, 0) {
		return errors.New("the int is too large for a float")
	}
	*f = float(x)
	return nil
}

func toInteger(name string, f func(float64) float64) builtinFunc {
	return func(_ *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		var x starlark.Value
		if err := starlark.UnpackPositionalArgs(name, args, kwargs, 1, &x); err != nil {
			return nil, err
		}
		if i, ok := x.(starlark.Int); ok { // exact, of any size
			return i, nil
		}
		var number float
		if err := number.Unpack(x); err != nil {
			return nil, err
		}
		return starlark.NumberToInt(starlark.Float(f(float64(number))))
	}
}

func logarithm(_ *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	x, base := float(0), float(math.E)
	if err := starlark.UnpackArgs("math.log", args, kwargs, "x", &x, "base?", &base); err != nil {
		return nil, err
	}
	switch base {
	case math.E: // the quotient below is less exact
		return starlark.Float(math.Log(float64(x))), nil
	case 1:
		return nil, errors.New("no logarithm has the base 1")
	}
	return starlark.Float(math.Log(float64(x)) / math.Log(float64(base))), nil
}
