CREATE TABLE example.first (id int);
