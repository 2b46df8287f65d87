package torchpickle

import (
	"fmt"

	"github.com/org/trustmae/internal/safetensors"
)

// The values of the pickle machine are nil, bool, int64, float64, string and
// the types of this file.

type tuple []any

type list struct{ items []any }

// dict keeps the order of insertion, as Python's does.
type dict struct {
	keys   []string
	values []any
	at     map[string]int
}

func newDict() *dict { return &dict{at: map[string]int{}} }

// set adds or replaces an entry. State dictionaries have strings as keys,
// optimizer state has numbers.
func (d *dict) set(key, value any) error {
	var name string
	switch k := key.(type) {
	case string:
		name = k
	case int64:
		name = fmt.Sprint(k)
	default:
		return fmt.Errorf("dictionary key of type %s, want a string", kind(key))
	}
	if i, ok := d.at[name]; ok {
		d.values[i] = value
		return nil
	}
	d.at[name] = len(d.keys)
	d.keys = append(d.keys, name)
	d.values = append(d.values, value)
	return nil
}

// global is an allowed name that was loaded but not yet called.
type global string

// storage refers to a run of values kept outside the pickle.
type storage struct {
	key   string
	dtype safetensors.DType
	numel int64
}

// view is a tensor: a strided window into a storage, counted in values.
type view struct {
	storage storage
	offset  int64
	shape   []int64
	stride  []int64
}

// kind names a value's type in Python's words for error messages.
func kind(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		return "bool"
	case int64:
		return "int"
	case float64:
		return "float"
	case string:
		return "str"
	case tuple:
		return "tuple"
	case *list:
		return "list"
	case *dict:
		return "dict"
	case global:
		return string(v)
	case storage:
		return "storage"
	case view:
		return "tensor"
	}
	return fmt.Sprintf("%T", v)
}
