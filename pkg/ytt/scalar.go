package ytt

import (
	"encoding/base64"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var (
	floatForm = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)
	// Forms of a timestamp, which stays a string.
	timestamps = []string{"2006-1-2T15:4:5.999999999Z07:00", "2006-1-2t15:4:5.999999999Z07:00", "2006-1-2 15:4:5.999999999", "2006-1-2"}
)

// resolvePlain gives a plain scalar its type, by YAML 1.1 as old decoders read it
// (spec: ytt §3.3).
func resolvePlain(s string) any {
	if s == "" {
		return nil
	}
	switch s {
	case "~", "null", "Null", "NULL":
		return nil
	case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON":
		return true
	case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF":
		return false
	case ".nan", ".NaN", ".NAN":
		return math.NaN()
	case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF":
		return math.Inf(1)
	case "-.inf", "-.Inf", "-.INF":
		return math.Inf(-1)
	}
	switch c := s[0]; {
	case c == '.':
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			return f
		}
	case c >= '0' && c <= '9', c == '-', c == '+':
		if !isTimestamp(s) {
			if number := resolveNumber(s); number != nil {
				return number
			}
		}
	}
	return s
}

// resolveNumber gives an integer or a float; nil when s is neither.
func resolveNumber(s string) any {
	digits := strings.ReplaceAll(s, "_", "")
	if i, err := strconv.ParseInt(digits, 0, 64); err == nil {
		return i
	}
	if u, err := strconv.ParseUint(digits, 0, 64); err == nil {
		return u
	}
	if floatForm.MatchString(digits) {
		if f, err := strconv.ParseFloat(digits, 64); err == nil {
			return f
		}
	}
	return nil
}

func isTimestamp(s string) bool {
	// A timestamp begins with a year of four digits.
	if len(s) < len("2006-1-2") || s[4] != '-' {
		return false
	}
	for _, form := range timestamps {
		if _, err := time.Parse(form, s); err == nil {
			return true
		}
	}
	return false
}

// resolveTagged gives a scalar with an explicit tag its value.
func resolveTagged(tag, s string) (any, error) {
	value := resolvePlain(s)
	fits := false
	switch tag {
	case "!!int":
		switch value.(type) {
		case int64, uint64:
			fits = true
		}
	case "!!float":
		switch v := value.(type) {
		case int64:
			return float64(v), nil
		case uint64:
			return float64(v), nil
		case float64:
			fits = true
		}
	case "!!bool":
		_, fits = value.(bool)
	case "!!null":
		fits = value == nil
	case "!!binary":
		decoded, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(s), ""))
		if err != nil {
			return nil, fmt.Errorf("decode !!binary: %w", err)
		}
		return string(decoded), nil
	default: // !!str and tags of applications
		return s, nil
	}
	if !fits {
		return nil, fmt.Errorf("%q is no %s", s, tag)
	}
	return value, nil
}
