package data

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A csv file beside pictures tells their classes, where folders do not.
func TestOpenList(t *testing.T) {
	p := func(v uint8) []byte { return pngOf(t, 2, 2, plainColor(v, v, v)) }
	for name, c := range map[string]struct {
		list    string
		folder  string
		classes []string
	}{
		"labels.csv":     {"file,label\na.png,dog\nb.png,cat\nc.png,dog\n", "", []string{"cat", "dog"}},
		"train.csv":      {"\ufeffsplit,Image_ID,Species\r\nx,a,10\r\nx,b,9\r\nx,c,10\r\n", "train/", []string{"9", "10"}},
		"no head.csv":    {"img/a.png,1\nimg/b.png,0\nimg/c.png,1\n", "img/", []string{"0", "1"}},
		"semicolons.csv": {"path;class\n\"img/deep/a.png\";dog\nb;cat\nc;dog\nnone.png;cat\n", "img/deep/", []string{"cat", "dog"}},
	} {
		files := map[string][]byte{name: []byte(c.list), "readme.txt": nil}
		for i, f := range []string{"a", "b", "c"} {
			files[c.folder+f+".png"] = p(uint8(10 * i))
		}
		d, err := Open(tree(t, files), OpenOptions{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d.Format != "list" || !slices.Equal(d.Train.Classes, c.classes) || !slices.Equal(d.Train.Labels, []uint16{1, 0, 1}) || d.Train.Image(1)[0] != 10 {
			t.Errorf("%s: %s of %q, labels %v", name, d.Format, d.Train.Classes, d.Train.Labels)
		}
		if noted := len(d.Notes) == 1 && strings.Contains(d.Notes[0], "1 of 4 files"); noted != (name == "semicolons.csv") {
			t.Errorf("%s: notes %q", name, d.Notes)
		}
	}
	mixed := map[string][]byte{"labels.csv": []byte("id,label\n0,1a\n1,10\n2,9\n3,10\n")}
	for i := range 4 { // the test part has the same names
		mixed[fmt.Sprintf("train/%d.png", i)], mixed[fmt.Sprintf("test/%d.png", i)] = p(uint8(10*i)), p(200)
	}
	d, err := Open(tree(t, mixed), OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(d.Train.Classes, []string{"10", "1a", "9"}) || !slices.Equal(d.Train.Labels, []uint16{1, 0, 2, 0}) || d.Train.Image(3)[0] != 30 {
		t.Errorf("classes %q, labels %v", d.Train.Classes, d.Train.Labels)
	}
	for want, list := range map[string]string{"twice": "file,label\na.png,x\na,y\n", "none is there": "file,label\nz.png,dog\n", "no lines": "file,label\n", "line 2 has no": "file,label\na.png\n", "UTF-16": "\xff\xfef\x00"} {
		if _, err := Open(tree(t, map[string][]byte{"l.csv": []byte(list), "a.png": p(1)}), OpenOptions{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %q", list, err, want)
		}
	}
	d, err = Open(tree(t, map[string][]byte{"cat/a.png": p(1), "dog/b.png": p(2), "notes.csv": []byte("a,b\n")}), OpenOptions{})
	if err != nil || d.Format != "folder" {
		t.Errorf("a csv file beside class folders: %v", err)
	}
}

// Lists are read as people have them: with parts in a column, in several files or folders, a column
// for each class, paths of other machines, endings and cases of other files, and columns that are
// called in some other way. Each picture tells its number by its first pixel.
func TestListsAsPeopleHaveThem(t *testing.T) {
	for name, c := range map[string]struct {
		files   map[string]string // lists; and pictures, by number
		classes string
		train   string // number:label of each
		val     string
		test    string
		note    string
	}{
		"split column":       {map[string]string{"d.csv": "file,label,split\n1,x,train\n2,y,TRAIN\n3,y,valid\n4,x,test\n", "1.png": "1", "2.png": "2", "3.png": "3", "4.png": "4"}, "x y", "1:0 2:1", "3:1", "4:0", ""},
		"birds":              {map[string]string{"birds.csv": "class id,filepaths,labels,data set\n0,1.png,x,train\n1,2.png,y,train\n1,3.png,y,test\n", "1.png": "1", "2.png": "2", "3.png": "3"}, "x y", "1:0 2:1", "", "3:1", ""},
		"two lists":          {map[string]string{"train.csv": "filename,category\n1.png,x\n2.png,y\n", "test.csv": "filename,category\n1.png,y\n", "train/1.png": "1", "train/2.png": "2", "test/1.png": "9"}, "x y", "1:0 2:1", "", "9:1", ""},
		"test without":       {map[string]string{"train.csv": "id_code,diagnosis\n1,0\n2,1\n", "test.csv": "id_code\n9\n", "sample_submission.csv": "id_code,diagnosis\n9,0\n", "train_images/1.png": "1", "train_images/2.png": "2", "test_images/9.png": "9"}, "0 1", "1:0 2:1", "", "", "test.csv is not used"},
		"lists in parts":     {map[string]string{"train/_classes.csv": "filename, x, y\n1.jpg, 1, 0\n2.jpg, 0, 1\n", "valid/_classes.csv": "filename, x, y\n1.jpg, 0, 1\n", "train/1.jpg": "1", "train/2.jpg": "2", "valid/1.jpg": "7"}, "x y", "1:0 2:1", "7:1", "", ""},
		"one-hot":            {map[string]string{"GroundTruth.csv": "image,NV,MEL,BCC\n1,0.0,1.0,0.0\n2,1.0,0.0,0.0\n3,0.0,0.0,1.0\n", "1.jpg": "1", "2.jpg": "2", "3.jpg": "3"}, "BCC MEL NV", "1:1 2:2 3:0", "", "", ""},
		"metadata":           {map[string]string{"HAM_metadata.csv": "lesion_id,image_id,dx,age\nL1,1,nv,30.0\nL1,2,mel,31.0\n", "images_part_1/1.jpg": "1", "images_part_2/2.jpg": "2"}, "mel nv", "1:1 2:0", "", "", ""},
		"other machine":      {map[string]string{"l.csv": "file,label\n/home/anna/dev/set/s/a/1.png,x\nC:\\Users\\Anna\\set\\b\\1.png,y\n./b/3.png,y\n", "s/a/1.png": "1", "s/b/1.png": "2", "s/b/3.png": "3", "s/1.png": "4"}, "x y", "1:0 2:1 3:1", "", "", "1 of 4 pictures have no label"},
		"endings":            {map[string]string{"l.csv": "file,label\nA.PNG,x\nb.c.tif,y\nb.d,x\n", "a.png": "1", "b.c.jpg": "2", "b.d.png": "3"}, "x y", "1:0 2:1 3:0", "", "", ""},
		"cases":              {map[string]string{"l.csv": "file,label\nA.png,x\na.png,y\n", "A.png": "1", "a.png": "2"}, "x y", "1:0 2:1", "", "", ""},
		"other names":        {map[string]string{"l.csv": "picture,kind\n1.png,x\n2.png,y\n", "1.png": "1", "2.png": "2"}, "x y", "1:0 2:1", "", "", ""},
		"swapped":            {map[string]string{"l.csv": "x,1.png\ny,2.png\n", "1.png": "1", "2.png": "2"}, "x y", "1:0 2:1", "", "", ""},
		"tabs, old Mac":      {map[string]string{"l.tsv": "# by hand\rFile Name\tClass\r1.png\tx y\r2.png\tz\r", "1.png": "1", "2.png": "2"}, "x y z", "1:0 2:1", "", "", ""},
		"whole with zeros":   {map[string]string{"l.csv": "file,label\n1.png,9.0\n2.png,10.0\n", "1.png": "1", "2.png": "2"}, "9 10", "1:0 2:1", "", "", ""},
		"repeated":           {map[string]string{"l.csv": "file,label\n1.png,x\n2.png,y\n1.png,x\n", "1.png": "1", "2.png": "2"}, "x y", "1:0 2:1", "", "", "1 lines repeat others"},
		"case of labels":     {map[string]string{"l.csv": "file,label\n1.png,Cat\n2.png,cat\n", "1.png": "1", "2.png": "2"}, "Cat cat", "1:0 2:1", "", "", "differ in the case"},
		"names in one":       {map[string]string{"l.csv": "file,label\n1.png,a\n2.png,b\n3.png,a|b\n", "1.png": "1", "2.png": "2", "3.png": "3"}, "a a|b b", "1:0 2:2 3:1", "", "", "one of its own"},
		"parts in paths":     {map[string]string{"d.csv": "file,label\ntrain/1.png,x\ntrain/2.png,y\ntest/1.png,y\nval/1.png,x\n", "train/1.png": "1", "train/2.png": "2", "test/1.png": "3", "val/1.png": "4"}, "x y", "1:0 2:1", "4:0", "3:1", ""},
		"parts of Excel":     {map[string]string{"l.csv": "sep=;\r\nfile;label\r\n1.png;x\r\n2.png;y\r\n", "1.png": "1", "2.png": "2"}, "x y", "1:0 2:1", "", "", ""},
		"empty cells":        {map[string]string{"l.csv": "picture,kind,,\n1.png,x,,\n,,,\n2.png,y,,\n,\n,,\n", "1.png": "1", "2.png": "2"}, "x y", "1:0 2:1", "", "", ""},
		"not UTF-8":          {map[string]string{"l.csv": "file,label\nM\xfc.png,th\xe9\n2.png,80\x80\n", "M\xfc.png": "1", "2.png": "2"}, "80€ thé", "1:1 2:0", "", "", "read as Windows-1252, \"M\\xfc.png\" in it as \"Mü.png\""},
		"accents of a Mac":   {map[string]string{"l.csv": "file,label\nM\u00fc.png,x\n2.png,e\u0301\n3.png,\u00e9\n", "Mu\u0308.png": "1", "2.png": "2", "3.png": "3"}, "x é", "1:0 2:1 3:1", "", "", ""},
		"addresses":          {map[string]string{"l.csv": "url,label\nhttps://a.org/p/1.png?w=9,x\ngs://b/2.png,y\n", "1.png": "1", "2.png": "2"}, "x y", "1:0 2:1", "", "", ""},
		"is_valid":           {map[string]string{"l.csv": "name,label,is_valid\n1.png,x,False\n2.png,y,False\n3.png,y,True\n", "1.png": "1", "2.png": "2", "3.png": "3"}, "x y", "1:0 2:1", "3:1", "", ""},
		"is_train":           {map[string]string{"l.csv": "name,label,is_train\n1.png,x,1\n2.png,y,1\n3.png,y,0\n", "1.png": "1", "2.png": "2", "3.png": "3"}, "x y", "1:0 2:1", "", "3:1", ""},
		"is_test, is_val":    {map[string]string{"l.csv": "name,kind,is_test,is_val\n1.png,x,0,0\n2.png,y,0,0\n3.png,y,1,0\n4.png,x,0,1\n", "1.png": "1", "2.png": "2", "3.png": "3", "4.png": "4"}, "x y", "1:0 2:1", "4:0", "3:1", ""},
		"parts without head": {map[string]string{"l.csv": "TRAIN,gs://b/1.png,x\nTRAIN,gs://b/2.png,y\nVALIDATION,gs://b/3.png,x\nTEST,gs://b/4.png,y\n", "1.png": "1", "2.png": "2", "3.png": "3", "4.png": "4"}, "x y", "1:0 2:1", "3:0", "4:1", ""},
		"line numbers":       {map[string]string{"l.csv": "Unnamed: 0,image,sort\n0,1.png,x\n1,2.png,y\n", "1.png": "1", "2.png": "2"}, "x y", "1:0 2:1", "", "", ""},
		"test unlabelled":    {map[string]string{"l.csv": "file,label,split\n1.png,x,train\n2.png,y,train\n3.png,,test\n", "1.png": "1", "2.png": "2", "3.png": "3"}, "x y", "1:0 2:1", "", "", "1 lines of the test part in l.csv have no labels"},
		"split of others":    {map[string]string{"l.csv": "file,label,set\n1.png,x,1\n2.png,y,2\n", "1.png": "1", "2.png": "2"}, "x y", "1:0 2:1", "", "", `column "set" of l.csv has no names of parts, but such as "1"`},
		"folds":              {map[string]string{"l.csv": "file,label,fold\n1.png,x,1\n2.png,y,2\n", "1.png": "1", "2.png": "2"}, "x y", "1:0 2:1", "", "", `column "fold" of l.csv is not used`},
		"missing":            {map[string]string{"l.csv": "file,label\n1.png,x\n2.png,NaN\n", "1.png": "1", "2.png": "2"}, "NaN x", "1:1 2:0", "", "", "tables call so what is missing"},
		"one deeper":         {map[string]string{"pets/labels.csv": "file,label\n1.png,x\n2.png,y\n", "pets/img/1.png": "1", "pets/img/2.png": "2", "readme.txt": ""}, "x y", "1:0 2:1", "", "", ""},
		"latest":             {map[string]string{"labels_latest.csv": "file,label\n1.png,x\n2.png,y\n", "1.png": "1", "2.png": "2"}, "x y", "1:0 2:1", "", "", ""},
		"together with test": {map[string]string{"l.csv": "file,label,split\n1.png,x,train\n2.png,y,train\n3.png,y,test\n", "train/1.png": "1", "train/2.png": "2", "train/3.png": "3"}, "x y", "1:0 2:1", "", "3:1", ""},
	} {
		files := map[string][]byte{}
		for n, text := range c.files {
			if files[n] = []byte(text); isPictureName(n) {
				files[n] = pngOf(t, 1, 1, plainColor(text[0]-'0', 0, 0))
			}
		}
		d, err := Open(tree(t, files), OpenOptions{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got [3]string
		for i, s := range []*Set{d.Train, d.Val, d.Test} {
			for n := 0; s != nil && n < s.Len(); n++ {
				got[i] += fmt.Sprintf(" %d:%d", s.Image(n)[0], s.Labels[n])
			}
			got[i] = strings.TrimSpace(got[i])
		}
		if want := [3]string{c.train, c.val, c.test}; d.Format != "list" || got != want || strings.Join(d.Train.Classes, " ") != c.classes || c.note == "" && len(d.Notes) > 0 || !strings.Contains(strings.Join(d.Notes, "\n"), c.note) {
			t.Errorf("%s: %s of %q, %q; want %q, %q\nnotes %q", name, d.Format, d.Train.Classes, got, c.classes, want, d.Notes)
		}
	}
}

// Lists that tell no class, or several, are refused in words.
func TestListsThatTellNoClass(t *testing.T) {
	for want, text := range map[string]string{
		"twice, as":                              "file,label\na.png,x\na.png,y\n",
		"marks 2 of the classes":                 "image,x,y,z\na,1,1,0\nb,0,0,1\n",
		"marks 0 of the classes":                 "image,x,y,z\na,0,0,0\nb,0,0,1\n",
		`columns ["image" "age"`:                 "image,age,ill\na,30,0\nb,31,1\n",
		"columns [\"a.png\" \"1\"":               "a.png,1,2,9,9,x\nb.png,1,2,9,9,y\n",
		`line 3 has "holdout" in column "split"`: "file,label,split\na.png,x,train\nb.png,y,holdout\nc.png,y,train\n",
		"line 2 is of no part":                   "file,label,is_train,is_val,is_test\na.png,x,0,0,0\nb.png,y,1,0,0\n",
		"numbers that are measured":              "file,label\na.png,0.1\nb.png,0.2\nc.png,0.3\n",
	} {
		p := pngOf(t, 1, 1, plainColor(0, 0, 0))
		_, err := Open(tree(t, map[string][]byte{"l.csv": []byte(text), "a.png": p, "b.png": p, "c.png": p}), OpenOptions{})
		wantFault(t, err, "l.csv", NoOffset, want)
	}
	// Where folders and a list tell different classes, the list counts if it is asked for.
	p := pngOf(t, 1, 1, plainColor(0, 0, 0))
	both := tree(t, map[string][]byte{"l.csv": []byte("file,label\na/1.png,x\nb/2.png,y\na/3.png,y\n"), "a/1.png": p, "b/2.png": p, "a/3.png": p})
	_, err := Open(both, OpenOptions{})
	wantFault(t, err, "l.csv", NoOffset, "such as that of a/3.png")
	if d, err := Open(filepath.Join(both, "l.csv"), OpenOptions{}); err != nil || !slices.Equal(d.Train.Labels, []uint16{0, 1, 1}) {
		t.Errorf("the list itself: %v", err)
	}
	same := tree(t, map[string][]byte{"l.csv": []byte("file,label\na/1.png,7\nb/2.png,9\na/3.png,7\n"), "a/1.png": p, "b/2.png": p, "a/3.png": p})
	if d, err := Open(same, OpenOptions{}); err != nil || d.Format != "folder" {
		t.Errorf("a list that tells the same: %v", err)
	}
	lists := map[string][]byte{"a.csv": []byte("file,label\na.png,x\n"), "b.csv": []byte("file,label\na.png,y\n"), "a.png": pngOf(t, 1, 1, plainColor(0, 0, 0))}
	_, err = Open(tree(t, lists), OpenOptions{})
	wantFault(t, err, "b.csv", NoOffset, "beside a.csv")
}
