CREATE TABLE example.second (id int);
