package ytt

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"go.starlark.net/starlark"
)

func init() {
	modules["url"] = newModule("url", map[string]builtinFunc{
		"path_segment_encode":      escaping("url.path_segment_encode", url.PathEscape),
		"path_segment_decode":      unescaping("url.path_segment_decode", url.PathUnescape),
		"query_param_value_encode": escaping("url.query_param_value_encode", url.QueryEscape),
		"query_param_value_decode": unescaping("url.query_param_value_decode", url.QueryUnescape),
		"query_params_encode":      encodeQuery,
		"query_params_decode":      decodeQuery,
		"parse": func(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
			var s string
			if err := starlark.UnpackPositionalArgs("url.parse", args, kwargs, 1, &s); err != nil {
				return nil, err
			}
			if err := m.parseable(s); err != nil {
				return nil, err
			}
			parsed, err := url.Parse(s)
			if err != nil {
				return nil, err
			}
			return m.newURL(parsed, len(s))
		},
	})
}

// escaped is how much longer a text may become: each byte is %XX.
const escaped = 3

func escaping(name string, escape func(string) string) builtinFunc {
	return func(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		var s string
		if err := starlark.UnpackPositionalArgs(name, args, kwargs, 1, &s); err != nil {
			return nil, err
		}
		if err := m.text(escaped * len(s)); err != nil {
			return nil, err
		}
		return starlark.String(escape(s)), nil
	}
}

func unescaping(name string, unescape func(string) (string, error)) builtinFunc {
	return func(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		var s string
		if err := starlark.UnpackPositionalArgs(name, args, kwargs, 1, &s); err != nil {
			return nil, err
		}
		if err := m.text(len(s)); err != nil {
			return nil, err
		}
		plain, err := unescape(s)
		return starlark.String(plain), err
	}
}

func encodeQuery(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var v starlark.Value
	if err := starlark.UnpackPositionalArgs("url.query_params_encode", args, kwargs, 1, &v); err != nil {
		return nil, err
	}
	params, ok := v.(starlark.IterableMapping)
	if !ok {
		return nil, fmt.Errorf("got %s, want a dict of lists of strings", v.Type())
	}
	if err := m.countIterables(starlark.Tuple{params}, dictEntry); err != nil {
		return nil, err
	}
	query := url.Values{}
	size := 0
	for _, pair := range params.Items() {
		name, ok := starlark.AsString(pair[0])
		if !ok {
			return nil, fmt.Errorf("the name of a parameter is a string, not %s", pair[0].Type())
		}
		values, ok := pair[1].(starlark.Sequence)
		if !ok {
			return nil, fmt.Errorf("the values of the parameter %q are a list of strings, not %s", name, pair[1].Type())
		}
		if err := m.entries(values.Len(), listEntry); err != nil {
			return nil, err
		}
		items := values.Iterate()
		defer items.Done()
		for item := starlark.Value(nil); items.Next(&item); {
			value, ok := starlark.AsString(item)
			if !ok {
				return nil, fmt.Errorf("a value of the parameter %q is a string, not %s", name, item.Type())
			}
			query[name] = append(query[name], value)
			// The name stands before each of its values.
			if size += escaped*(len(name)+len(value)) + len("&="); size > m.limits.String {
				return nil, m.text(size)
			}
		}
	}
	if err := m.text(size); err != nil {
		return nil, err
	}
	return starlark.String(query.Encode()), nil
}

func decodeQuery(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var s string
	if err := starlark.UnpackPositionalArgs("url.query_params_decode", args, kwargs, 1, &s); err != nil {
		return nil, err
	}
	if err := m.parseable(s); err != nil {
		return nil, err
	}
	s = strings.ReplaceAll(s, ";", "&")
	if err := m.entries(strings.Count(s, "&")+1, dictEntry+2*listEntry); err != nil {
		return nil, err
	}
	if err := m.text(2 * len(s)); err != nil {
		return nil, err
	}
	query, err := url.ParseQuery(s)
	if err != nil {
		return nil, err
	}
	params := starlark.NewDict(len(query))
	for _, name := range slices.Sorted(maps.Keys(query)) {
		values := make([]starlark.Value, len(query[name]))
		for i, value := range query[name] {
			values[i] = starlark.String(value)
		}
		if err := params.SetKey(starlark.String(name), starlark.NewList(values)); err != nil {
			return nil, err
		}
	}
	return params, nil
}

// newURL shows an address that was read from a text of the given size.
func (m *meter) newURL(u *url.URL, size int) (starlark.Value, error) {
	if err := m.text(escaped * size); err != nil {
		return nil, err
	}
	user, err := m.newUser(u.User, size)
	if err != nil {
		return nil, err
	}
	return &object{kind: "@ytt:url.value", members: starlark.StringDict{
		"user":     user,
		"hostname": textMethod("url.value.hostname", u.Hostname()),
		"string":   textMethod("url.value.string", u.String()),
		"without_user": method("url.value.without_user", func(m *machine) (starlark.Value, error) {
			anonymous := *u
			anonymous.User = nil
			return m.newURL(&anonymous, size)
		}),
	}}, m.spend(objectCost)
}

// newUser shows who an address says is asking; None when it says nothing.
func (m *meter) newUser(user *url.Userinfo, size int) (starlark.Value, error) {
	if user == nil {
		return starlark.None, nil
	}
	if err := m.text(escaped * size); err != nil {
		return nil, err
	}
	password := starlark.Value(starlark.None)
	if secret, given := user.Password(); given {
		password = starlark.String(secret)
	}
	return &object{kind: "@ytt:url.user", members: starlark.StringDict{
		"name":     starlark.String(user.Username()),
		"password": password,
		"string":   textMethod("url.user.string", user.String()),
	}}, m.spend(objectCost)
}
