package data

import (
	"fmt"
	"strings"
	"testing"
)

// Lists beside folders of classes tell parts where folders do not, and classes of parts without folders. Each picture tells
// its number by its first pixel.
func TestListsTellPartsOfFolders(t *testing.T) {
	four := map[string]string{"a/1.png": "1", "a/2.png": "2", "b/3.png": "3", "b/4.png": "4"}
	signs := map[string]string{"Train/0/1.png": "1", "Train/1/2.png": "2", "Test/1.png": "3", "Test/2.png": "4", "Meta/0.png": "5", "Meta/1.png": "6"}
	for name, c := range map[string]struct {
		pictures map[string]string
		lists    map[string]string
		want     string // number:label of the pictures of each part
		said     string // in layout, notes or the error
	}{
		"by name":            {four, map[string]string{"train.csv": ",Filename,Label\n0,a/1.png,0\n1,b/3.png,1\n", "validation.csv": ",Filename,Label\n0,a/2.png,0\n", "test.csv": ",Filename,Label\n0,b/4.png,1\n"}, "1:0 3:1, 2:0, 4:1", "parts by test.csv, train.csv, validation.csv"},
		"in a column":        {four, map[string]string{"l.csv": "file,label,split\n1.png,a,train\n2.png,a,test\n3.png,b,train\n4.png,b,test\n"}, "1:0 3:1, , 2:0 4:1", "parts by l.csv"},
		"by marks":           {four, map[string]string{"l.csv": "name,label,is_valid\na/1.png,a,False\na/2.png,a,True\nb/3.png,b,False\nb/4.png,b,False\n"}, "1:0 3:1 4:1, 2:0, ", "parts by l.csv"},
		"test alone":         {four, map[string]string{"test.csv": "file,label\na/2.png,a\n"}, "1:0 3:1 4:1, , 2:0", "parts by test.csv"},
		"not all":            {four, map[string]string{"train.csv": "file,label\na/1.png,a\nb/3.png,b\n", "test.csv": "file,label\na/2.png,a\n"}, "1:0 3:1, , 2:0", "1 of 4 pictures are in no part"},
		"none told":          {four, map[string]string{"l.csv": "file,label\na/1.png,a\n"}, "1:0 2:0 3:1 4:1, , ", "CLASS"},
		"that cannot be":     {four, map[string]string{"l.csv": "file,text,split\nx.png,a,test\n"}, "1:0 2:0 3:1 4:1, , ", "l.csv is not used"},
		"twice":              {four, map[string]string{"train.csv": "file,label\na/1.png,a\nb/3.png,b\n", "test.csv": "file,label\na/1.png,a\n"}, "", "as well, expected one"},
		"a class too few":    {four, map[string]string{"train.csv": "file,label\na/1.png,a\n", "test.csv": "file,label\nb/3.png,b\n"}, "", `no training pictures are left of class "b"`},
		"signs":              {signs, map[string]string{"Train.csv": "Width,ClassId,Path\n9,0,Train/0/1.png\n9,1,Train/1/2.png\n", "Test.csv": "Width,ClassId,Path\n9,1,Test/1.png\n9,0,Test/2.png\n", "Meta.csv": "Path,ClassId\nMeta/0.png,0\nMeta/1.png,1\n"}, "1:0 2:1, , 3:1 4:0", "test by Test.csv"},
		"signs unlabelled":   {signs, map[string]string{"Test.csv": "Width,Path\n9,Test/1.png\n9,Test/2.png\n"}, "1:0 2:1, , ", "Test has no folders of classes and is not used"},
		"signs of others":    {signs, map[string]string{"Test.csv": "ClassId,Path\n7,Test/1.png\n8,Test/2.png\n"}, "1:0 2:1, , ", "Test has no folders of classes and is not used"},
		"in the only folder": {map[string]string{"set/a/1.png": "1", "set/a/2.png": "2", "set/b/3.png": "3"}, map[string]string{"set/l.csv": "file,label,split\na/1.png,a,train\na/2.png,a,test\nb/3.png,b,train\n"}, "1:0 3:1, , 2:0", "parts by l.csv"},
	} {
		files := map[string][]byte{}
		for n, text := range c.pictures {
			files[n] = pngOf(t, 1, 1, plainColor(text[0]-'0', 0, 0))
		}
		for n, text := range c.lists {
			files[n] = []byte(text)
		}
		d, err := Open(tree(t, files), OpenOptions{})
		if err != nil {
			if c.want != "" || !strings.Contains(err.Error(), c.said) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		var got [3][]string
		for i, s := range []*Set{d.Train, d.Val, d.Test} {
			for n := 0; s != nil && n < s.Len(); n++ {
				got[i] = append(got[i], fmt.Sprintf("%d:%d", s.Image(n)[0], s.Labels[n]))
			}
		}
		text := fmt.Sprintf("%s, %s, %s", strings.Join(got[0], " "), strings.Join(got[1], " "), strings.Join(got[2], " "))
		if said := d.Layout + " " + strings.Join(d.Notes, " "); d.Format != "folder" || text != c.want || !strings.Contains(said, c.said) {
			t.Errorf("%s: %q; want %q\n%s", name, text, c.want, said)
		}
	}
}
