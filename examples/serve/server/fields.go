package server

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
)

// checkFields wants no field in an object but those of a request, spelled as they
// are there, and none twice: encoding/json takes "Text" for text, and of two the
// last. What is no JSON is left to it.
func checkFields(object []byte, request any) error {
	known := fieldsOf(request)
	given := map[string]bool{}
	d := json.NewDecoder(bytes.NewReader(object))
	if _, err := d.Token(); err != nil { // the brace
		return nil
	}
	for d.More() {
		token, err := d.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return nil
		}
		switch {
		case !slices.Contains(known, name):
			last := len(known) - 1
			return bad("%.80q is no field of the request, want %s or %s", name, strings.Join(known[:last], ", "), known[last])
		case given[name]:
			return bad("%s is given more than once, want it at most once", name)
		}
		given[name] = true
		if err := d.Decode(new(json.RawMessage)); err != nil {
			return nil
		}
	}
	return nil
}

// fieldsOf are the names in JSON of the fields that a pointer to a struct has.
func fieldsOf(request any) []string {
	var names []string
	for _, f := range reflect.VisibleFields(reflect.TypeOf(request).Elem()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}
