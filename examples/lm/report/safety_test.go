package report

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/egru/egru/graph/probe"
)

// spoiled is the example with a text in all places for text.
func spoiled(t *testing.T, text string) Run {
	t.Helper()
	r := exampleRun(t)
	quoted, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	r.Title += text
	r.Config = json.RawMessage(`{"word": ` + string(quoted) + `}`)
	r.Corpus.Name = text
	r.Facts = append(r.Facts, probe.Fact{Name: text, Value: text})
	r.Warnings = append(r.Warnings, text)
	r.Baselines[0].Name, r.Published[0].Name, r.Published[0].Source = text, text, text
	m := &r.Models[0]
	m.Name, m.WorkOf = text, text
	m.Thresholds[0].Name, m.Raster.Title, m.Raster.Tokens[0], m.Raster.Layers[0].Name = text, text, text, text
	m.Work.Layers[0].Name = text
	for i := range m.Epochs {
		m.Epochs[i].Layers[0].Name = text
	}
	return r
}

func TestHostileTextIsShownNotRun(t *testing.T) {
	shape := func(all []*html.Node) string {
		var s strings.Builder
		for _, n := range all {
			s.WriteString(n.Data)
			for _, a := range n.Attr {
				s.WriteString(" " + a.Key)
			}
			s.WriteString("\n")
		}
		return s.String()
	}
	want := shape(elements(t, document(t, spoiled(t, "x"))))
	for _, text := range []string{`<script>alert(1)</script>`, `"><img src=x onerror='alert(1)'>`, `</style></title><!-- & {{.}}`} {
		all := elements(t, document(t, spoiled(t, text)))
		if got := shape(all); got != want {
			t.Errorf("%q changes what the page is made of", text)
		}
		shown := 0
		for _, n := range all {
			if n.FirstChild != nil && n.FirstChild.Type == html.TextNode && strings.Contains(n.FirstChild.Data, text) {
				shown++
			}
		}
		if shown < 15 {
			t.Errorf("%q is shown in %d places, want at least 15", text, shown)
		}
	}
}

func TestAPageNeedsNoOther(t *testing.T) {
	for _, n := range elements(t, document(t, exampleRun(t))) {
		for _, a := range n.Attr {
			val := a.Val
			if data, ok := strings.CutPrefix(val, "data:image/svg+xml;base64,"); ok && n.Data == "img" {
				svg, err := base64.StdEncoding.DecodeString(data)
				if err != nil {
					t.Fatal(err)
				}
				val = strings.NewReplacer(`xmlns="http://www.w3.org/2000/svg"`, "", `xmlns:xlink="http://www.w3.org/1999/xlink"`, "").Replace(string(svg))
			} else if (a.Key == "src" || a.Key == "href") && !strings.HasPrefix(val, "#") {
				t.Errorf("%s refers to %q", n.Data, val)
			}
			if strings.Contains(val, "http://") || strings.Contains(val, "https://") || strings.Contains(val, "href=") {
				t.Errorf("%s %s refers to another place: %.200s", n.Data, a.Key, val)
			}
		}
		if n.Data == "script" || n.Data == "link" {
			t.Errorf("there is a %s", n.Data)
		}
	}
}
