-- Lists that follow from members' primary care practitioners (Patient.generalPractitioner): which practitioners are an organization's. The lists themselves are attribution's.

create table provider_access.primary_care (
  group_id     text not null,
  name         text not null,
  npi          text not null,               -- of the organization
  tin          text not null,
  organization text not null,               -- Organization/id, or ''
  contract     text not null,
  provider_npi text not null,               -- of the practitioner
  primary key (group_id, provider_npi)
);
